// SPDX-License-Identifier: MIT
#include <libargo/format.hpp>

#include <array>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace libargo::test {
namespace {

TEST(format, addresses) {
    EXPECT_EQ(fmt::format("{} {}", domid_t{3}, domid_t::any), "3 any");
    EXPECT_EQ(fmt::format("[{:>8}]", address{domid_t{3}, 5000}), "[  3:5000]");
    EXPECT_EQ(fmt::format("[{:*<8}]", address{domid_t::self, 1}), "[self:1**]");
}

TEST(format, errors) {
    EXPECT_EQ(fmt::format("{}", error::no_device), make_error_code(error::no_device).message());
    EXPECT_EQ(fmt::format("{}", condition::peer_gone), "the peer has gone");
}

TEST(format, messages) {
    const message_info info{.source = {domid_t{3}, 5000}, .type = message_type{7}, .size = 64, .truncated = false};
    EXPECT_EQ(fmt::format("{}", info), "64 bytes from 3:5000 type 7");
    auto cut = info;
    cut.truncated = true;
    EXPECT_EQ(fmt::format("{}", cut), "64 bytes from 3:5000 type 7 (truncated)");
    EXPECT_EQ(fmt::format("{}", incoming_message{.buffers = {}, .info = info}), "64 bytes from 3:5000 type 7");
    constexpr std::string_view text = "hello";
    const std::array<boost::asio::const_buffer, 2> buffers{boost::asio::buffer(text), boost::asio::buffer(text)};
    EXPECT_EQ(fmt::format(
                  "{}", outgoing_message{.buffers = buffers, .destination = {domid_t{1}, 2}, .type = message_type{9}}),
              "10 bytes to 1:2 type 9");
    EXPECT_EQ(fmt::format("{}", message_type{9}), "9");
}

TEST(format, bind) {
    EXPECT_EQ(fmt::format("{}", bind_options{}), "port any partner any ring default");
    EXPECT_EQ(fmt::format("{}", bind_options{.port = 5, .partner = domid_t{2}, .ring_size = 4096, .exclusive = true}),
              "port 5 partner 2 ring 4096 bytes exclusive");
    EXPECT_EQ(fmt::format(
                  "{}",
                  bind_result{
                      .port = 5, .partner = domid_t::any, .domid = domid_t{1}, .ring_size = 4096, .max_message = 4000}),
              "1:5 partner any ring 4096 bytes, messages up to 4000 bytes");
}

TEST(format, state) {
    EXPECT_EQ(fmt::format("{}", space_state{}), "no ring");
    EXPECT_EQ(fmt::format("{}", space_state{.exists = true,
                                            .shared = true,
                                            .empty = true,
                                            .sufficient = true,
                                            .too_large = false,
                                            .max_message = 4000}),
              "shared empty sufficient, messages up to 4000 bytes");
    EXPECT_EQ(fmt::format("{}", space_state{.exists = true, .max_message = 4000}), "full, messages up to 4000 bytes");
    EXPECT_EQ(fmt::format("{}", endpoint_status{.bound = true,
                                                .connected = true,
                                                .local = {domid_t{1}, 5},
                                                .remote = {domid_t{0}, 80},
                                                .ring_size = 4096,
                                                .fill = 96,
                                                .next_message = 64}),
              "local 1:5 remote 0:80 partner any ring 4096 bytes, 96 in use, bound connected, next message 64 bytes");
    EXPECT_EQ(fmt::format("{}", socket_options{.receive_timeout = std::chrono::milliseconds(2500)}),
              "send low-water mark 1 bytes, type 0, send timeout none, receive timeout 2.5s");
    EXPECT_EQ(fmt::format("{}", device_info{.abi_version = 1,
                                            .domid = domid_t{3},
                                            .hypervisor = "xen",
                                            .max_message = 65488,
                                            .max_rings = 128,
                                            .rings = 2}),
              "xen, domain 3, ABI 1, 2 of 128 rings, messages up to 65488 bytes");
    ring_entry entry;
    entry.port = 5;
    entry.broken = true;
    entry.ring_size = 4096;
    entry.fill = 96;
    entry.owner = "argo_char";
    EXPECT_EQ(fmt::format("{}", entry), "port 5 partner any owner argo_char ring 4096 bytes, 96 in use, broken");
}

} // namespace
} // namespace libargo::test
