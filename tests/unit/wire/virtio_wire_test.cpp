// SPDX-License-Identifier: MIT
#include <virtio/wire.h>

#include <gtest/gtest.h>

namespace {

virtio_argo_control control(u8 type, u16 size) {
    return {.type = type, .msg_id = VIRTIO_ARGO_HELLO, .dev_num = 0, .token = htole16(1), .msg_size = htole16(size)};
}

virtio_argo_record used(u8 flags, u32 offset, u32 len, u32 in) {
    virtio_argo_record record{};
    record.op = VIRTIO_ARGO_USED;
    record.flags = flags;
    record.len = htole32(len);
    record.in = htole32(in);
    record.offset = htole32(offset);
    return record;
}

TEST(virtio_wire, headers_have_the_size_that_the_protocol_says) {
    EXPECT_EQ(sizeof(virtio_argo_control), 8U);
    EXPECT_EQ(sizeof(virtio_argo_record), 24U);
    EXPECT_EQ(sizeof(virtio_argo_hello_answer), 32U);
    EXPECT_EQ(sizeof(virtio_argo_info), 24U);
    EXPECT_EQ(sizeof(virtio_argo_vqueue), 40U);
}

TEST(virtio_wire, a_control_message_says_how_long_it_is) {
    const auto good = control(VIRTIO_ARGO_RESPONSE | VIRTIO_ARGO_BUS, 40);
    EXPECT_TRUE(virtio_argo_control_ok(&good, 40));
    EXPECT_FALSE(virtio_argo_control_ok(&good, 39));
    EXPECT_FALSE(virtio_argo_control_ok(&good, 41));
    const auto bare = control(VIRTIO_ARGO_BUS, 8);
    EXPECT_TRUE(virtio_argo_control_ok(&bare, 8));
    const auto cut = control(VIRTIO_ARGO_BUS, 7);
    EXPECT_FALSE(virtio_argo_control_ok(&cut, 7));
}

TEST(virtio_wire, a_control_message_has_a_largest_size) {
    const auto largest = control(VIRTIO_ARGO_RESPONSE, 264);
    EXPECT_TRUE(virtio_argo_control_ok(&largest, 264));
    const auto larger = control(VIRTIO_ARGO_RESPONSE, 265);
    EXPECT_FALSE(virtio_argo_control_ok(&larger, 265));
}

TEST(virtio_wire, a_control_message_of_an_unknown_type_is_none) {
    const auto unknown = control(1U << 2, 8);
    EXPECT_FALSE(virtio_argo_control_ok(&unknown, 8));
}

TEST(virtio_wire, what_is_used_lies_in_the_room) {
    const auto all = used(0, 0, 513, 513);
    EXPECT_TRUE(virtio_argo_used_ok(&all, 513, 0));
    EXPECT_FALSE(virtio_argo_used_ok(&all, 512, 0));
    const auto status = used(0, 512, 1, 513);
    EXPECT_TRUE(virtio_argo_used_ok(&status, 513, 512));
    const auto beyond = used(0, 513, 1, 513);
    EXPECT_FALSE(virtio_argo_used_ok(&beyond, 513, 0));
    const auto wrapping = used(0, 8, UINT32_MAX - 4, 513);
    EXPECT_FALSE(virtio_argo_used_ok(&wrapping, 513, 0));
}

TEST(virtio_wire, what_is_used_comes_in_order) {
    const auto second = used(VIRTIO_ARGO_MORE, 256, 256, 0);
    EXPECT_TRUE(virtio_argo_used_ok(&second, 513, 256));
    EXPECT_FALSE(virtio_argo_used_ok(&second, 513, 257));
}

TEST(virtio_wire, no_more_is_used_than_there_is_room) {
    const auto more = used(0, 0, 0, 514);
    EXPECT_FALSE(virtio_argo_used_ok(&more, 513, 0));
    const auto nothing = used(VIRTIO_ARGO_FAILED, 0, 0, 0);
    EXPECT_TRUE(virtio_argo_used_ok(&nothing, 513, 0));
}

TEST(virtio_wire, a_failure_is_a_last_record) {
    const auto both = used(VIRTIO_ARGO_FAILED | VIRTIO_ARGO_MORE, 0, 0, 0);
    EXPECT_FALSE(virtio_argo_used_ok(&both, 513, 0));
    const auto unknown = used(1U << 7, 0, 0, 0);
    EXPECT_FALSE(virtio_argo_used_ok(&unknown, 513, 0));
}

} // namespace
