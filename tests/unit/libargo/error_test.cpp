// SPDX-License-Identifier: MIT
#include <libargo/error.hpp>

#include <cerrno>
#include <utility>

#include <gtest/gtest.h>

namespace libargo::test {
namespace {

namespace errc = boost::system::errc;

error_code errno_code(int err) { return {err, boost::system::system_category()}; }

TEST(error, has_its_own_category) {
    const error_code ec = error::message_truncated;
    EXPECT_STREQ(ec.category().name(), "argo");
    EXPECT_EQ(ec, error::message_truncated);
    EXPECT_NE(ec, error::no_device);
}

TEST(error, is_equivalent_to_what_the_standard_has) {
    EXPECT_EQ(make_error_code(error::message_truncated), errc::message_size);
    EXPECT_EQ(make_error_code(error::not_an_argo_device), errc::inappropriate_io_control_operation);
    EXPECT_EQ(make_error_code(error::abi_mismatch), errc::function_not_supported);
    EXPECT_EQ(make_error_code(error::no_device), errc::no_such_device);
    EXPECT_EQ(make_error_code(error::invalid_address), errc::invalid_argument);
}

TEST(error, says_what_happened_and_what_to_do) {
    for (const auto value : {error::message_truncated, error::not_an_argo_device, error::abi_mismatch, error::no_device,
                             error::invalid_address}) {
        const error_code ec = value;
        EXPECT_EQ(ec.message().find("unknown"), std::string::npos);
        EXPECT_FALSE(advice(ec).empty()) << ec.message();
    }
    EXPECT_NE(error_code(99, error_category()).message().find("99"), std::string::npos);
    EXPECT_TRUE(advice(error_code(99, error_category())).empty());
    EXPECT_NE(advice(error::no_device).find("modprobe"), std::string_view::npos);
    EXPECT_NE(advice(errno_code(ECONNREFUSED)).find("start the peer"), std::string_view::npos);
    EXPECT_TRUE(advice(errno_code(ENOMEM)).empty());
    EXPECT_TRUE(advice(error_code()).empty());
}

TEST(condition, groups_errors) {
    EXPECT_EQ(errno_code(EPIPE), condition::peer_gone);
    EXPECT_EQ(errno_code(ECONNRESET), condition::peer_gone);
    EXPECT_NE(errno_code(ECONNREFUSED), condition::peer_gone);
    EXPECT_EQ(errno_code(ECONNREFUSED), condition::peer_absent);
    EXPECT_EQ(errno_code(EHOSTUNREACH), condition::peer_absent);
    EXPECT_EQ(errno_code(EACCES), condition::denied);
    EXPECT_EQ(errno_code(EPERM), condition::denied);
    EXPECT_EQ(errno_code(EAGAIN), condition::would_wait);
    EXPECT_EQ(errno_code(EMSGSIZE), condition::too_large);
    EXPECT_EQ(make_error_code(error::message_truncated), condition::too_large);
    EXPECT_NE(error_code(), condition::peer_gone);
}

} // namespace
} // namespace libargo::test
