// SPDX-License-Identifier: MIT
// Answers to a driver side that keeps to the protocol.
#include <stdexcept>

#include <linux/virtio_config.h>

#include "hub_fixture.hpp"

namespace libargo::virtio::test {
namespace {

using namespace detail;

template <class Number> [[nodiscard]] bytes stored(std::initializer_list<Number> values) {
    bytes made(values.size() * sizeof(Number));
    std::size_t at = 0;
    for (const auto value : values) {
        store(made, at, value);
        at += sizeof(Number);
    }
    return made;
}

[[nodiscard]] bytes numbers16(std::initializer_list<std::uint16_t> values) { return stored(values); }
[[nodiscard]] bytes numbers32(std::initializer_list<std::uint32_t> values) { return stored(values); }

TEST_F(hub_test, TheBusListsTheDevicesOfTheDomain) {
    hub.add(driver_side::domid, 9, 258, std::make_shared<kept_device>());
    hub.add(domid_t{4}, 2, 258, std::make_shared<kept_device>());
    ASSERT_TRUE(bus.hello());
    EXPECT_EQ(bus.ask(bus_message::get_devices, numbers16({0, 16})),
              (bytes{{}, {}, std::byte{16}, {}, std::byte{16}, {}, std::byte{2}, std::byte{2}}));
    const auto last = bus.ask(bus_message::get_devices, numbers16({248, 64}));
    EXPECT_EQ(last, (bytes{std::byte{248}, {}, std::byte{8}, {}, {}, {}, {}}));
    EXPECT_EQ(bus.ask(bus_message::locate, numbers16({9})),
              (bytes{std::byte{9}, {}, {}, {}, std::byte{2}, std::byte{1}, {}, {}}));
    EXPECT_EQ(bus.ask(bus_message::locate, numbers16({2})), (bytes{std::byte{2}, {}, {}, {}, {}, {}, {}, {}}));
    EXPECT_EQ(bus.ask(bus_message::ping, numbers32({77})), numbers32({77}));
}

TEST_F(hub_test, HelloSaysWhatTheDeviceSideTakes) {
    const auto answered = driver.ask(bus_message::hello, numbers32({1, 4096}));
    ASSERT_TRUE(answered);
    EXPECT_EQ(bytes(answered->begin(), answered->begin() + 16), numbers32({1, 16384, 8192, 0}));
    EXPECT_EQ((*answered)[16], std::byte{1});
    EXPECT_EQ(device->limits_.request, 16384 - record_header);
    EXPECT_EQ(device->limits_.answer, 4096 - record_header);
}

TEST_F(hub_test, ADomainWithoutDevicesIsToldSo) {
    driver_side stranger(hub, port, domid_t{9});
    EXPECT_EQ(stranger.ask(bus_message::hello, numbers32({1, 4096})), bytes(32));
    driver_side stranger_at_bus(hub, ARGO_PORT_VIRTIO_BUS, domid_t{9});
    EXPECT_EQ(stranger_at_bus.ask(bus_message::hello, numbers32({1, 4096})), bytes(32));
}

TEST_F(hub_test, ADeviceIsDescribed) {
    ASSERT_TRUE(driver.hello());
    EXPECT_EQ(driver.ask(device_message::get_device_info, 1), numbers32({4, 0, 64, 16, 2, 0}));
    EXPECT_EQ(driver.ask(device_message::get_device_info, 2), bytes(24));
    EXPECT_EQ(driver.ask(device_message::get_device_features, 1, numbers32({0, 3})), numbers32({0, 3, 5, 3, 0}))
        << "VERSION_1 and ACCESS_PLATFORM are the library's";
    EXPECT_EQ(driver.ask(device_message::get_vqueue, 1, numbers32({1})), numbers32({1, 8, 0, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(driver.ask(device_message::get_vqueue, 1, numbers32({2})), numbers32({2, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
    device->config[3] = std::byte{42};
    EXPECT_EQ(driver.ask(device_message::get_config, 1, numbers32({3, 1})),
              (bytes{{}, {}, {}, {}, std::byte{3}, {}, {}, {}, std::byte{1}, {}, {}, {}, std::byte{42}}));
}

TEST_F(hub_test, FeaturesThatAreNotOfferedAreRefused) {
    ASSERT_TRUE(driver.hello());
    driver.set_features(1, 2U | (std::uint64_t{1} << VIRTIO_F_VERSION_1));
    EXPECT_EQ(driver.set_status(1, 11), 3U);
    driver.set_features(1, 4);
    EXPECT_EQ(driver.set_status(1, 11), 3U) << "without VERSION_1";
    driver.set_features(1, 4U | (std::uint64_t{1} << VIRTIO_F_VERSION_1));
    EXPECT_EQ(driver.set_status(1, 11), 11U);
    EXPECT_EQ(device->features_, 4U | (std::uint64_t{1} << VIRTIO_F_VERSION_1));
}

TEST_F(hub_test, TheConfigSpaceIsWrittenInItsGeneration) {
    ASSERT_TRUE(driver.hello());
    auto written = numbers32({0, 4, 4, 0x01020304});
    EXPECT_EQ(driver.ask(device_message::set_config, 1, written), written);
    EXPECT_EQ(device->config[4], std::byte{4});
    device->config_changed();
    driver.pump();
    ASSERT_EQ(driver.events.size(), 1U);
    EXPECT_TRUE(driver.events[0].is(device_message::event_config));
    EXPECT_EQ(driver.event_payloads[0], numbers32({0, 1, 0, 0}));
    EXPECT_EQ(driver.ask(device_message::set_config, 1, written), numbers32({1, 4, 0})) << "refused: of generation 0";
}

TEST_F(hub_test, ARequestIsAnswered) {
    driver.set_up(1, 1);
    driver.request(1, 3, text_bytes("question"), 10);
    ASSERT_EQ(device->requests.size(), 1U);
    auto& got = device->requests.front();
    EXPECT_EQ(got.queue(), 0);
    EXPECT_EQ(got.room(), 10U);
    EXPECT_EQ(bytes(got.readable().begin(), got.readable().end()), text_bytes("question"));
    EXPECT_FALSE(driver.answer());
    got.write(0, text_bytes("ans"));
    got.write(9, text_bytes("!"));
    got.complete(10);
    const auto answered = driver.answer();
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->id, 3);
    EXPECT_EQ(answered->epoch, 7U);
    EXPECT_EQ(answered->used, 10U);
    EXPECT_FALSE(answered->failed);
    EXPECT_EQ(answered->room, text_bytes("ans\xee\xee\xee\xee\xee\xee!"));
}

TEST_F(hub_test, AnswersOfABurstAreInOneMessage) {
    driver.set_up(1, 1);
    device->on_request = [](request one) { one.complete(0); };
    for (std::uint16_t id = 0; id < 8; ++id) {
        driver.request(1, id, {}, 4);
    }
    driver.pump();
    EXPECT_EQ(driver.data_messages, 1U);
    for (std::uint16_t id = 0; id < 8; ++id) {
        EXPECT_EQ(driver.take_used()->id, id);
    }
}

TEST_F(hub_test, AnAnswerThatFitsNoMessageComesInSeveral) {
    driver.set_up(1, 1);
    device->on_request = [](request one) {
        const auto room = one.fill(0, one.room());
        for (std::size_t i = 0; i < room.size(); ++i) {
            room[i] = static_cast<std::byte>(i % 251);
        }
        one.complete(one.room());
    };
    driver.request(1, 3, {}, 8192);
    const auto answered = driver.answer();
    ASSERT_TRUE(answered);
    EXPECT_EQ(driver.data_messages, 3U);
    EXPECT_EQ(answered->used, 8192U);
    for (std::size_t i = 0; i < 8192; ++i) {
        ASSERT_EQ(answered->room[i], static_cast<std::byte>(i % 251));
    }
}

TEST_F(hub_test, ARequestThatFitsNoMessageComesInSeveral) {
    driver.set_up(1, 1, 2);
    record first{.op = 1, .flags = flag_more, .device = 1, .queue = 1, .id = 5, .epoch = 7, .in = 1};
    driver.send_records({{first, filled(4000, 1)}});
    EXPECT_TRUE(device->requests.empty());
    driver.request(1, 5, text_bytes("between"), 1); // on another queue
    first.offset = 4000;
    driver.send_records({{first, filled(100, 2)}});
    first.offset = 4100;
    first.flags = 0;
    driver.send_records({{first, filled(91, 3)}});
    ASSERT_EQ(device->requests.size(), 2U);
    const auto readable = device->requests.back().readable();
    EXPECT_EQ(readable.size(), 4191U);
    EXPECT_EQ(readable[3999], std::byte{1});
    EXPECT_EQ(readable[4000], std::byte{2});
    EXPECT_EQ(readable[4190], std::byte{3});
}

TEST_F(hub_test, ALargePayloadIsNotCopied) {
    driver.set_up(1, 1);
    driver.request(1, 0, filled(8000, 7), 1);
    driver.request(1, 1, filled(8191, 7), 1);
    driver.request(1, 2, filled(8192, 7), 0);
    EXPECT_EQ(device->requests.size(), 3U);
    EXPECT_EQ(device->requests[2].readable().size(), 8192U);
    EXPECT_EQ(device->requests[2].readable()[8191], std::byte{7});
}

TEST_F(hub_test, ARequestWithoutRoomIsNotAnswered) {
    driver.set_up(1, 1);
    device->on_request = [](request one) { one.complete(0); };
    for (int i = 0; i < 20; ++i) {
        driver.request(1, 0, text_bytes("output"), 0);
        driver.pump();
    }
    EXPECT_EQ(driver.data_messages, 0U);
    EXPECT_EQ(hub.counters().requests, 20U);
    EXPECT_EQ(hub.counters().overrun, 0U);
}

TEST_F(hub_test, ARequestThatTheDeviceThrowsAwayHasFailed) {
    driver.set_up(1, 1);
    device->on_request = [](const request&) { throw std::runtime_error("no idea"); };
    driver.request(1, 3, {}, 10);
    const auto answered = driver.answer();
    ASSERT_TRUE(answered);
    EXPECT_TRUE(answered->failed);
    EXPECT_EQ(answered->used, 0U);
    EXPECT_EQ(lines.back(), "device 3:1: a request failed: no idea");
    EXPECT_EQ(hub.counters().failed, 1U);
}

TEST_F(hub_test, ADeviceThatComesAndGoesIsAnnounced) {
    ASSERT_TRUE(bus.hello());
    hub.add(driver_side::domid, 2, port, std::make_shared<kept_device>());
    bus.pump();
    EXPECT_TRUE(hub.remove(driver_side::domid, 1));
    EXPECT_FALSE(hub.remove(driver_side::domid, 1));
    bus.pump();
    ASSERT_EQ(bus.events.size(), 2U);
    EXPECT_TRUE(bus.events[0].is(bus_message::event_device));
    EXPECT_EQ(bus.event_payloads[0], numbers16({2, 1}));
    EXPECT_EQ(bus.event_payloads[1], numbers16({1, 2}));
}

TEST_F(hub_test, DevicesNeedANumberOfTheirOwn) {
    EXPECT_THROW(hub.add(driver_side::domid, 1, 258, device), std::invalid_argument);
    EXPECT_THROW(hub.add(driver_side::domid, 0, port, device), std::invalid_argument);
    EXPECT_THROW(hub.add(driver_side::domid, 256, port, device), std::invalid_argument);
    EXPECT_THROW(hub.add(driver_side::domid, 2, ARGO_PORT_VIRTIO_BUS, device), std::invalid_argument);
}

} // namespace
} // namespace libargo::virtio::test
