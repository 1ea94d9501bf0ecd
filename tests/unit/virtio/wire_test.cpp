// SPDX-License-Identifier: MIT
#include <libargo/virtio/detail/wire.hpp>

#include <gtest/gtest.h>

#include "driver_side.hpp"

namespace libargo::virtio::test {
namespace {

using namespace detail;

TEST(VirtioWire, NumbersAreLittleEndian) {
    std::array<std::byte, 9> bytes{};
    store(bytes, 1, std::uint32_t{0x01020304});
    EXPECT_EQ(bytes[1], std::byte{4});
    EXPECT_EQ(bytes[4], std::byte{1});
    EXPECT_EQ(load<std::uint32_t>(bytes, 1), 0x01020304U);
    store(bytes, 1, std::uint64_t{0xfedcba9876543210U});
    EXPECT_EQ(load<std::uint64_t>(bytes, 1), 0xfedcba9876543210U);
    EXPECT_EQ(bytes[0], std::byte{0});
}

TEST(VirtioWire, AControlMessageIsReadAsItWasWritten) {
    control_writer out({.response = true, .of_bus = true, .id = 0x80, .device = 7, .token = 9});
    const auto message = out.add(std::uint32_t{5}).add(std::uint16_t{6}).take();
    EXPECT_EQ(message.size(), 14U);
    const auto read = parse_control(message);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->response);
    EXPECT_TRUE(read->of_bus);
    EXPECT_TRUE(read->is(bus_message::hello));
    EXPECT_FALSE(read->is(device_message::get_config));
    EXPECT_EQ(read->device, 7);
    EXPECT_EQ(read->token, 9);
    EXPECT_EQ(read->payload.size(), 6U);
    EXPECT_EQ(load<std::uint16_t>(read->payload, 4), 6);
}

TEST(VirtioWire, WhatIsNoControlMessageIsRefused) {
    auto message = control_writer({.id = 2, .device = 1, .token = 1}).take();
    ASSERT_TRUE(parse_control(message));
    EXPECT_FALSE(parse_control({}));
    EXPECT_FALSE(parse_control(std::span(message).first(7)));
    auto longer = message;
    longer.push_back({});
    EXPECT_FALSE(parse_control(longer)) << "msg_size is not the message's";
    auto typed = message;
    typed[0] = std::byte{4};
    EXPECT_FALSE(parse_control(typed)) << "an unknown bit";
    control_writer large({.id = 2, .device = 1, .token = 1});
    large.add(filled(max_control_payload, 1));
    EXPECT_TRUE(parse_control(large.take()));
    control_writer larger({.id = 2, .device = 1, .token = 1});
    larger.add(filled(max_control_payload + 1, 1));
    EXPECT_FALSE(parse_control(larger.take()));
}

TEST(VirtioWire, RecordsAreReadOneAfterAnother) {
    const record first{
        .op = 1, .flags = 1, .device = 2, .queue = 3, .id = 4, .epoch = 5, .length = 3, .in = 6, .offset = 7};
    const record second{.op = 2, .length = 0};
    bytes message;
    for (const auto& header : {first, second}) {
        const auto head = to_bytes(header);
        message.insert(message.end(), head.begin(), head.end());
        message.resize(message.size() + header.length, std::byte{0xab});
    }
    record_reader records(message);
    EXPECT_EQ(records.next(), first);
    EXPECT_EQ(records.payload().size(), 3U);
    EXPECT_EQ(records.payload_at(), record_header);
    EXPECT_FALSE(records.is_at_end());
    EXPECT_EQ(records.next(), second);
    EXPECT_TRUE(records.is_at_end());
    EXPECT_FALSE(records.next());
}

TEST(VirtioWire, ARecordThatIsCutShortIsNone) {
    const auto head = to_bytes({.op = 1, .length = 4});
    bytes message(head.begin(), head.end());
    message.resize(message.size() + 3);
    record_reader records(message);
    EXPECT_FALSE(records.next());
    EXPECT_FALSE(records.is_at_end());
    const auto first = std::span(message).first(23);
    record_reader shorter(first);
    EXPECT_FALSE(shorter.next());
    const auto huge = to_bytes({.op = 1, .length = 0xffffffff});
    record_reader overflow(huge);
    EXPECT_FALSE(overflow.next());
}

} // namespace
} // namespace libargo::virtio::test
