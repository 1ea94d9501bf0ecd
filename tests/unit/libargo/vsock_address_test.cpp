// SPDX-License-Identifier: MIT
#include <libargo/vsock/parse.hpp>

#include <string>
#include <unordered_set>
#include <utility>

#include <gtest/gtest.h>
#include <libargo/error.hpp>
#include <libargo/vsock/format.hpp>

namespace libargo::vsock::test {
namespace {

address parsed(std::string_view text) {
    error_code ec = error::no_device;
    const auto addr = parse_address(text, ec);
    EXPECT_FALSE(ec) << text;
    return addr;
}

TEST(vsock_address, reads_numbers_and_names) {
    EXPECT_EQ(parsed("2:5000"), (address{2, 5000}));
    EXPECT_EQ(parsed("host:5000"), (address{host_cid, 5000}));
    EXPECT_EQ(parsed("any:5000"), (address{any_cid, 5000}));
    EXPECT_EQ(parsed("local:0x1388"), (address{loopback_cid, 5000}));
    EXPECT_EQ(parsed("hypervisor:0"), (address{hypervisor_cid, 0}));
    EXPECT_EQ(parsed("0X12:0xfffffffe"), (address{18, 0xfffffffe}));
    EXPECT_EQ(parsed("any:any"), address{});
    EXPECT_EQ(parsed("4294967295:4294967295"), address{});
}

TEST(vsock_address, refuses_everything_else) {
    for (const auto* const text : {"",     ":",      "3",      "3:",     ":5000",        "3:5000 ",      " 3:5000",
                                   "-1:5", "3:-5",   "+3:5",   "3:5:6",  "3:4294967296", "4294967296:3", "0x:1",
                                   "3:0x", "Host:1", "self:1", "dom0:1", "3:port",       "3.0:1",        "3:host"}) {
        error_code ec;
        EXPECT_EQ(parse_address(text, ec), address{}) << text;
        EXPECT_EQ(ec, error::invalid_address) << text;
    }
}

TEST(vsock_address, throws_with_the_text_that_it_was_given) {
    try {
        static_cast<void>(parse_address("3:five"));
        FAIL() << "nothing was thrown";
    } catch (const system_error& caught) {
        EXPECT_EQ(caught.code(), error::invalid_address);
        EXPECT_NE(std::string(caught.what()).find("3:five"), std::string::npos) << caught.what();
    }
    EXPECT_THROW(static_cast<void>(parse_cid("x")), system_error);
    EXPECT_THROW(static_cast<void>(parse_port("x")), system_error);
    EXPECT_EQ(parse_cid("host"), host_cid);
    EXPECT_EQ(parse_port("0x50"), 80U);
}

TEST(vsock_address, text_is_read_back) {
    for (const auto& addr : {address{2, 5000}, address{any_cid, 0}, address{0, any_port}, address{}}) {
        EXPECT_EQ(parsed(to_string(addr)), addr);
    }
    EXPECT_EQ(fmt::format("{} {:>8}", address{2, 5000}, address{any_cid, 7}), "2:5000    any:7");
    EXPECT_EQ(to_string(address{3, any_port}), "3:any");
}

TEST(vsock_address, compares_and_hashes) {
    const address low{1, 9};
    const address high{2, 1};
    EXPECT_LT(low, high);
    EXPECT_NE(low, high);
    const std::unordered_set<address> set{low, high, low};
    EXPECT_EQ(set.size(), 2U);
    EXPECT_NE(std::hash<address>{}({1, 2}), std::hash<address>{}({2, 1}));
}

TEST(vsock_address, a_cid_is_the_domain_id_and_two) {
    static_assert(from_domid(domid_t{0}) == host_cid);
    static_assert(from_domid(domid_t{5}) == 7);
    for (const auto id : {domid_t{0}, domid_t{1}, domid_t{0x7fef}}) {
        EXPECT_EQ(to_domid(from_domid(id)), id);
    }
    for (const auto cid : {hypervisor_cid, loopback_cid, any_cid, cid_t{0x7ff2}, cid_t{0x10002}}) {
        EXPECT_EQ(to_domid(cid), std::nullopt) << cid;
    }
}

} // namespace
} // namespace libargo::vsock::test
