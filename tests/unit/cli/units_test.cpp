// SPDX-License-Identifier: MIT
#include "output/units.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace argoctl::output {
namespace {

using namespace std::chrono_literals;

TEST(Units, Bytes) {
    EXPECT_EQ(human_bytes(0), "0 B");
    EXPECT_EQ(human_bytes(1023), "1023 B");
    EXPECT_EQ(human_bytes(1024), "1.0 KiB");
    EXPECT_EQ(human_bytes(1024 * 1024 - 1), "1.0 MiB");
    EXPECT_EQ(human_bytes(3.5 * 1024 * 1024), "3.5 MiB");
    EXPECT_EQ(human_bytes(5e18), "4440.9 PiB");
}

TEST(Units, Times) {
    EXPECT_EQ(human_time(0ns), "0 ns");
    EXPECT_EQ(human_time(999ns), "999 ns");
    EXPECT_EQ(human_time(1234ns), "1.23 us");
    EXPECT_EQ(human_time(14200ns), "14.2 us");
    EXPECT_EQ(human_time(999'400ns), "999 us");
    EXPECT_EQ(human_time(999'600ns), "1.00 ms");
    EXPECT_EQ(human_time(1500ms), "1.50 s");
    EXPECT_EQ(human_time(120s), "120 s");
}

TEST(Units, Clock) {
    EXPECT_EQ(human_clock(7s), "0:07");
    EXPECT_EQ(human_clock(3599s), "59:59");
    EXPECT_EQ(human_clock(3723s), "1:02:03");
}

TEST(Units, SizesThatAreRead) {
    EXPECT_EQ(parse_size("0"), 0U);
    EXPECT_EQ(parse_size("64"), 64U);
    EXPECT_EQ(parse_size("16K"), 16384U);
    EXPECT_EQ(parse_size("1m"), 1048576U);
    EXPECT_EQ(parse_size("2G"), 2147483648U);
    EXPECT_EQ(parse_size("18446744073709551615"), UINT64_MAX);
}

TEST(Units, SizesThatAreNot) {
    for (const char* text : {"", "K", "-1", "+1", "1.5K", "16KB", "1 K", "0x10", "18446744073709551616",
                             "18446744073709551615K", "16k ", " 16"})
        EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Units, SecondsThatAreRead) {
    EXPECT_EQ(parse_seconds("0"), 0ns);
    EXPECT_EQ(parse_seconds("1"), 1s);
    EXPECT_EQ(parse_seconds("0.2"), 200ms);
    EXPECT_EQ(parse_seconds("0.000001"), 1us);
}

TEST(Units, SecondsThatAreNot) {
    for (const char* text : {"", "-1", "-0.0", "1s", "nan", "inf", "1e3", "1,5", " 1", "99999999999"})
        EXPECT_FALSE(parse_seconds(text)) << text;
}

TEST(Units, ControlCharactersDoNotReachTheTerminal) {
    EXPECT_EQ(printable("a b"), "a b");
    EXPECT_EQ(printable("\x1b[2J\n\x7f"), "\\x1b[2J\\x0a\\x7f");
    EXPECT_EQ(printable("na\xc3\xafve"), "na\xc3\xafve");
}

} // namespace
} // namespace argoctl::output
