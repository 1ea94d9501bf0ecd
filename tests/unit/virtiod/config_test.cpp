// SPDX-License-Identifier: MIT
#include "virtiod/config.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace argovirtiod {
namespace {

TEST(VirtiodConfig, EachLineIsADevice) {
    const auto read = parse("# all of them\n"
                            "\n"
                            "3:1 block file=/srv/db.img serial=db-1   # its database\r\n"
                            "\t3:2 entropy port=5001\n"
                            "4:255 block read-only cache=writethrough \"file=/srv/my disks/#1.img\"");
    EXPECT_TRUE(read.mistakes.empty());
    ASSERT_EQ(read.devices.size(), 3U);
    EXPECT_EQ(read.devices[0],
              (device_spec{.name = {3, 1}, .kind = device_kind::block, .file = "/srv/db.img", .serial = "db-1"}));
    EXPECT_EQ(read.devices[1], (device_spec{.name = {3, 2}, .kind = device_kind::entropy, .port = 5001}));
    EXPECT_EQ(read.devices[2], (device_spec{.name = {4, 255},
                                            .kind = device_kind::block,
                                            .file = "/srv/my disks/#1.img",
                                            .read_only = true,
                                            .write_through = true}));
    EXPECT_EQ(to_string(read.devices[2].name), "4:255");
}

TEST(VirtiodConfig, AnEmptyFileHasNoDevices) {
    EXPECT_TRUE(parse("").devices.empty());
    EXPECT_TRUE(parse("").mistakes.empty());
}

struct wrong_line {
    const char* line;
    const char* says;

    // In the names of tests, which would have addresses otherwise.
    friend std::ostream& operator<<(std::ostream& out, const wrong_line& wrong) { return out << wrong.line; }
};

class VirtiodMistakes : public ::testing::TestWithParam<wrong_line> {};

TEST_P(VirtiodMistakes, AreSaidWithTheirLine) {
    const auto read = parse("3:1 entropy\n" + std::string(GetParam().line) + "\n3:9 entropy\n");
    ASSERT_EQ(read.mistakes.size(), 1U);
    EXPECT_EQ(read.mistakes[0].line, 2U);
    EXPECT_EQ(read.mistakes[0].what, GetParam().says);
    EXPECT_EQ(read.devices.size(), 2U) << "the other lines are read";
}

INSTANTIATE_TEST_SUITE_P(
    All, VirtiodMistakes,
    ::testing::Values(
        wrong_line{"3:2", "a line is 'DOMAIN:NUMBER KIND [OPTION…]', as in '3:1 block file=/srv/disk.img'"},
        wrong_line{"web:2 entropy", "'web:2' is no device; a line begins with DOMAIN:NUMBER, as in 3:1"},
        wrong_line{"3 entropy", "'3' is no device; a line begins with DOMAIN:NUMBER, as in 3:1"},
        wrong_line{"32752:2 entropy", "32752 is no id of a domain"},
        wrong_line{"3:0 entropy", "0 is no number of a device; write 1 to 255"},
        wrong_line{"3:256 entropy", "256 is no number of a device; write 1 to 255"},
        wrong_line{"3:1 entropy", "there is a device 3:1 already"},
        wrong_line{"3:2 floppy", "'floppy' is no kind of device; write block or entropy"},
        wrong_line{"3:2 block", "a block device needs file=PATH"},
        wrong_line{"3:2 block file=",
                   "a block device has no option 'file'; it has file=, serial=, cache=, read-only and "
                   "port="},
        wrong_line{"3:2 block file=disk.img", "'disk.img' is no absolute path"},
        wrong_line{"3:2 block file=/a file=/b", "'file' is there twice"},
        wrong_line{"3:2 block file=/a cache=none", "'none' is no cache; write writeback or writethrough"},
        wrong_line{"3:2 block file=/a serial=123456789012345678901", "the serial number has 21 bytes; 20 is the most"},
        wrong_line{"3:2 block file=\"/a", "a quotation mark is not closed"},
        wrong_line{"3:2 entropy file=/a", "an entropy device has no option 'file=/a'; it has port="},
        wrong_line{"3:2 entropy port=0", "'0' is no port"}, wrong_line{"3:2 entropy port=x", "'x' is no port"},
        wrong_line{"3:2 entropy port=3221225472", "'3221225472' is no port"},
        wrong_line{"3:2 entropy port=42", "port 42 is the bus's, by which domains find their devices"}));

} // namespace
} // namespace argovirtiod
