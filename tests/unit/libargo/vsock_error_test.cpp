// SPDX-License-Identifier: MIT
#include <libargo/vsock/error.hpp>

#include <cerrno>
#include <utility>

#include <gtest/gtest.h>

namespace libargo::vsock::test {
namespace {

error_code errno_code(int err) { return {err, boost::system::system_category()}; }

TEST(vsock_error, advice_is_that_of_vsock) {
    for (const int err :
         {ECONNRESET, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENODEV, EADDRNOTAVAIL, ESOCKTNOSUPPORT, ETIMEDOUT}) {
        EXPECT_FALSE(advice(errno_code(err)).empty()) << err;
        EXPECT_NE(advice(errno_code(err)), libargo::advice(errno_code(err))) << err;
    }
    EXPECT_NE(advice(errno_code(ENODEV)).find("modprobe argo_vsock"), std::string_view::npos);
    EXPECT_NE(vsock::advice(error::invalid_address).find("cid:port"), std::string_view::npos);
    EXPECT_TRUE(advice(errno_code(ENOMEM)).empty());
    EXPECT_TRUE(advice(error_code()).empty());
}

TEST(vsock_error, is_libargos_where_it_is_not_of_a_socket) {
    EXPECT_EQ(vsock::advice(error::no_device), libargo::advice(error::no_device));
}

TEST(vsock_error, is_grouped) {
    EXPECT_EQ(errno_code(ECONNRESET), condition::peer_gone);
    EXPECT_EQ(errno_code(ECONNREFUSED), condition::peer_absent);
    EXPECT_EQ(errno_code(EHOSTUNREACH), condition::peer_absent);
}

} // namespace
} // namespace libargo::vsock::test
