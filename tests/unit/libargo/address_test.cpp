// SPDX-License-Identifier: MIT
#include <libargo/parse.hpp>

#include <string>
#include <unordered_set>
#include <utility>

#include <gtest/gtest.h>
#include <libargo/cable.hpp>
#include <libargo/error.hpp>

namespace libargo::test {
namespace {

address parsed(std::string_view text) {
    error_code ec = error::no_device;
    const auto addr = parse_address(text, ec);
    EXPECT_FALSE(ec) << text;
    return addr;
}

TEST(address, reads_numbers_and_names) {
    EXPECT_EQ(parsed("3:5000"), (address{domid_t{3}, 5000}));
    EXPECT_EQ(parsed("0:0"), (address{domid_t{0}, 0}));
    EXPECT_EQ(parsed("0x10:0xc0000000"), (address{domid_t{16}, port_ephemeral}));
    EXPECT_EQ(parsed("0X10:0XfF"), (address{domid_t{16}, 255}));
    EXPECT_EQ(parsed("self:7"), (address{domid_t::self, 7}));
    EXPECT_EQ(parsed("any:0"), default_destination);
    EXPECT_EQ(parsed("cable"), cable_end);
    EXPECT_EQ(parsed("parent:5"), (address{domid_t::parent, 5}));
    EXPECT_EQ(parsed("32751:4294967295"), (address{domid_t{0x7fef}, 0xffffffff}));
}

TEST(address, refuses_everything_else) {
    for (const auto* const text :
         {"",        ":",       "3",        "3:",      ":5000", "3:5000 ", " 3:5000",      "3 :5000",
          "3:50 00", "-1:5",    "3:-5",     "+3:5",    "3:+5",  "3:5:6",   "3:4294967296", "3:0x100000000",
          "65536:1", "32752:1", "0x7ff4:1", "0x:1",    "3:0x",  "3:0x0x1", "Self:1",       "dom0:1",
          "3:port",  "3.0:1",   "cable:0",  "cable:1", "Cable", "32758:0"}) {
        error_code ec;
        EXPECT_EQ(parse_address(text, ec), default_destination) << text;
        EXPECT_EQ(ec, error::invalid_address) << text;
        EXPECT_EQ(ec, boost::system::errc::invalid_argument) << text;
    }
}

TEST(address, throws_with_the_text_that_it_was_given) {
    try {
        static_cast<void>(parse_address("3:five"));
        FAIL() << "nothing was thrown";
    } catch (const system_error& caught) {
        EXPECT_EQ(caught.code(), error::invalid_address);
        EXPECT_NE(std::string(caught.what()).find("3:five"), std::string::npos) << caught.what();
    }
    EXPECT_THROW(static_cast<void>(parse_domid("x")), system_error);
    EXPECT_THROW(static_cast<void>(parse_port("x")), system_error);
    EXPECT_EQ(parse_domid("any"), domid_t::any);
    EXPECT_EQ(parse_port("0x50"), 80U);
}

TEST(address, text_is_read_back) {
    for (const auto& addr : {address{domid_t{3}, 5000}, address{domid_t::self, 1}, address{domid_t::any, 0xffffffff},
                             cable_end, address{domid_t::parent, 5}}) {
        EXPECT_EQ(parsed(to_string(addr)), addr);
    }
    EXPECT_EQ(to_string(address{domid_t{3}, 5000}), "3:5000");
    EXPECT_EQ(to_string(address{domid_t::self, 1}), "self:1");
    EXPECT_EQ(to_string(cable_end), "cable");
    EXPECT_EQ(to_string(cable{{domid_t{1}, 42}, {domid_t::parent, 7}}), "1:42 -> parent:7");
}

TEST(address, compares_and_hashes) {
    const address low{domid_t{1}, 9};
    const address high{domid_t{2}, 1};
    EXPECT_LT(low, high);
    EXPECT_NE(low, high);
    const std::unordered_set<address> set{low, high, low};
    EXPECT_EQ(set.size(), 2U);
    EXPECT_NE(std::hash<address>{}({domid_t{1}, 2}), std::hash<address>{}({domid_t{2}, 1}));
}

} // namespace
} // namespace libargo::test
