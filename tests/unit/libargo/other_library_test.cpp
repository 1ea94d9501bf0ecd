// SPDX-License-Identifier: MIT
// Errors between a program and a library with hidden symbols, each with a category object of its own.
#include "other_library.hpp"

#include <gtest/gtest.h>

namespace libargo::test {
namespace {

TEST(other_library, errors_are_equal) {
    const auto ec = error_of_other_library(error::message_truncated);
    ASSERT_NE(&ec.category(), &error_category()) << "there is one object: this test shows nothing";
    EXPECT_EQ(ec, error::message_truncated);
    EXPECT_NE(ec, error::no_device);
    EXPECT_EQ(ec, condition::too_large);
    EXPECT_EQ(ec, boost::system::errc::message_size);
    EXPECT_EQ(advice(ec), "use larger buffers");
    EXPECT_EQ(ec.message(), make_error_code(error::message_truncated).message());
}

TEST(other_library, exceptions_are_caught) {
    try {
        throw_in_other_library(error::no_device);
        FAIL();
    } catch (const system_error& e) {
        EXPECT_EQ(e.code(), error::no_device);
    }
}

} // namespace
} // namespace libargo::test
