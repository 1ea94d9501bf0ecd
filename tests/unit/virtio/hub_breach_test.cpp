// SPDX-License-Identifier: MIT
// Answers to a driver side that breaks the protocol: section 7 of docs/virtio-argo.md, and the bounds of this side.
#include <linux/virtio_config.h>

#include "hub_fixture.hpp"

namespace libargo::virtio::test {
namespace {

using namespace detail;

constexpr std::uint32_t needs_reset = VIRTIO_CONFIG_S_NEEDS_RESET;

class hub_breach_test : public hub_test {
protected:
    [[nodiscard]] std::uint32_t status() {
        const auto answered = driver.ask(device_message::get_device_status, 1);
        return answered ? load<std::uint32_t>(*answered, 0) : 0xffffffffU;
    }
    /// The device needs a reset, and the driver side was told.
    void expect_breach() {
        EXPECT_EQ(status(), 15 | needs_reset);
        ASSERT_EQ(driver.events.size(), 1U);
        EXPECT_TRUE(driver.events[0].is(device_message::event_config));
        EXPECT_EQ(load<std::uint32_t>(driver.event_payloads[0], 0), 15 | needs_reset);
        EXPECT_EQ(hub.counters().breaches, 1U);
        driver.request(1, 7, {}, 1);
        EXPECT_EQ(hub.counters().not_set_up, 1U) << "until the reset";
        device->requests.clear();
        driver.set_up(1, 0);
        driver.request(1, 7, {}, 1);
        EXPECT_EQ(device->requests.back().room(), 1U);
    }
};

TEST_F(hub_breach_test, AMessageThatIsNotOfADriverSideIsDropped) {
    driver.set_up(1, 0);
    driver.send(control_type, control_writer({.id = 7, .device = 1, .token = 5}).take(), 44);
    driver.send(message_type{5}, bytes(24));
    driver.send(control_type, bytes(7));
    driver.send(data_type, bytes(23));
    EXPECT_EQ(hub.counters().foreign, 4U);
    bus.hello();
    bus.send(data_type, bytes(24));
    EXPECT_EQ(hub.counters().foreign, 5U);
}

TEST_F(hub_breach_test, AControlMessageThatMakesNoSenseIsDropped) {
    driver.set_up(1, 0);
    std::uint64_t wrong = 0;
    const auto expect_dropped = [&](bool of_bus, unsigned id, const bytes& payload, std::uint16_t device_number = 1) {
        EXPECT_FALSE(driver.response(driver.begin(of_bus, static_cast<std::uint8_t>(id), device_number, payload)))
            << id << " with " << payload.size();
        EXPECT_EQ(hub.counters().senseless, ++wrong);
    };
    for (const unsigned id : {0U, 1U, 0x0bU, 0x10U, 0x40U, 0xffU}) {
        expect_dropped(false, id, bytes(64));
    }
    for (const unsigned id : {0U, 2U, 0x40U, 0x81U, 0xc0U}) {
        expect_dropped(true, id, bytes(64)); // at a device's port
    }
    // Too short.
    for (const unsigned id : {3U, 4U, 5U, 6U, 8U, 9U, 10U}) {
        expect_dropped(false, id, bytes(3));
    }
    expect_dropped(true, 0x80, bytes(7));
    expect_dropped(true, 3, bytes(3));
    expect_dropped(false, 7, {}, 2); // no such device
    // Out of range.
    const auto numbers = [](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
        bytes made(40);
        store(made, 0, a);
        store(made, 4, b);
        store(made, 8, c);
        return made;
    };
    expect_dropped(false, 3, numbers(0, 0xffffffff, 0));
    expect_dropped(false, 5, numbers(17, 0, 0));
    expect_dropped(false, 5, numbers(8, 9, 0));
    expect_dropped(false, 5, numbers(8, 0xfffffff9, 0));
    expect_dropped(false, 6, numbers(0, 8, 28));
    expect_dropped(false, 6, numbers(0, 0xfffffff0, 28));
    expect_dropped(false, 10, numbers(2, 0, 8));
    expect_dropped(false, 10, numbers(0, 0, 0));
    expect_dropped(false, 10, numbers(0, 0, 9));
    expect_dropped(false, 10, numbers(0, 0, 4)); // it has 8 by now
    expect_dropped(false, 4, numbers(0, 1, 0));  // FEATURES_OK is set
    // A response, and one without a token.
    driver.send(control_type, control_writer({.response = true, .id = 7, .device = 1, .token = 5}).take());
    EXPECT_EQ(hub.counters().senseless, ++wrong);
    driver.send(control_type, control_writer({.id = 7, .device = 1}).take());
    EXPECT_EQ(hub.counters().senseless, ++wrong);
    EXPECT_EQ(status(), 15U) << "none of it does harm";
}

TEST_F(hub_breach_test, WhoHasNotSaidHelloIsToldOnceASecond) {
    driver.now += std::chrono::hours(1);
    driver.request(1, 0, {}, 1);
    driver.begin(false, 7, 1, {});
    driver.pump();
    ASSERT_EQ(driver.events.size(), 1U);
    EXPECT_TRUE(driver.events[0].is(bus_message::event_lost));
    EXPECT_EQ(hub.counters().strangers, 2U);
    driver.now += std::chrono::seconds(1);
    driver.begin(false, 7, 1, {});
    driver.pump();
    EXPECT_EQ(driver.events.size(), 2U);
    driver_side stranger(hub, port, domid_t{9});
    stranger.begin(false, 7, 1, {});
    stranger.pump();
    ASSERT_EQ(stranger.events.size(), 1U);
    EXPECT_TRUE(stranger.events[0].is(bus_message::event_lost));
}

TEST_F(hub_breach_test, ARequestOfWhatIsNotSetUpIsDropped) {
    ASSERT_TRUE(driver.hello());
    driver.request(1, 0, {}, 1);
    driver.set_up(1, 0);
    driver.request(2, 0, {}, 1);
    driver.request(1, 0, {}, 1, 1); // its second queue has no size yet
    driver.request(1, 0, {}, 1, 2);
    EXPECT_EQ(hub.counters().not_set_up, 4U);
    EXPECT_TRUE(device->requests.empty());
    EXPECT_EQ(status(), 15U);
}

TEST_F(hub_breach_test, AnIdThatIsOutstanding) {
    driver.set_up(1, 0);
    driver.request(1, 4, {}, 1);
    driver.request(1, 4, {}, 1);
    EXPECT_EQ(device->requests.size(), 1U);
    expect_breach();
}

TEST_F(hub_breach_test, AnIdBeyondTheQueue) {
    driver.set_up(1, 0);
    driver.request(1, 8, {}, 1);
    expect_breach();
}

TEST_F(hub_breach_test, ARecordThatBeginsInTheMiddle) {
    driver.set_up(1, 0);
    driver.send_records({{{.op = 1, .device = 1, .epoch = 7, .in = 1, .offset = 1}, {}}});
    expect_breach();
}

TEST_F(hub_breach_test, RecordsOutOfOrder) {
    const record first{.op = 1, .flags = flag_more, .device = 1, .id = 3, .epoch = 7, .in = 4};
    const auto second = [&](auto change) {
        record made = first;
        made.offset = 10;
        change(made);
        return made;
    };
    const std::vector<record> wrong{
        second([](record& r) { r.offset = 9; }),   second([](record& r) { r.offset = 11; }),
        second([](record& r) { r.id = 4; }),       second([](record& r) { r.epoch = 8; }),
        second([](record& r) { r.in = 5; }),       second([](record& r) { r.flags = 2; }),
        second([](record& r) { r.flags = 0x81; }), first,
    };
    std::uint64_t breaches = 0;
    for (const auto& next : wrong) {
        driver.set_up(1, 0);
        driver.send_records({{first, filled(10, 1)}});
        driver.send_records({{next, filled(10, 1)}});
        EXPECT_EQ(hub.counters().breaches, ++breaches);
        EXPECT_EQ(status(), 15 | needs_reset);
    }
    EXPECT_TRUE(device->requests.empty());
}

TEST_F(hub_breach_test, ARequestThatIsTooLargeFails) {
    driver.set_up(1, 0);
    driver.request(1, 0, filled(8192, 1), 1);
    driver.request(1, 1, {}, 8193);
    driver.request(1, 2, filled(8193, 1), 0); // nobody waits for an answer
    for (const std::uint16_t id : {std::uint16_t{0}, std::uint16_t{1}}) {
        const auto answered = driver.answer();
        ASSERT_TRUE(answered);
        EXPECT_EQ(answered->id, id);
        EXPECT_TRUE(answered->failed);
    }
    EXPECT_FALSE(driver.answer());
    EXPECT_EQ(hub.counters().failed, 3U);
    driver.request(1, 0, {}, 8192); // their ids are free
    driver.request(1, 2, {}, 1);
    EXPECT_EQ(device->requests.size(), 2U);
    EXPECT_EQ(status(), 15U);
}

TEST_F(hub_breach_test, ARequestThatGetsTooLargeFailsAtItsEnd) {
    driver.set_up(1, 0);
    record next{.op = 1, .flags = flag_more, .device = 1, .id = 3, .epoch = 7, .in = 4};
    for (int i = 0; i < 5; ++i) {
        driver.send_records({{next, filled(2048, 1)}});
        next.offset += 2048;
        EXPECT_FALSE(driver.answer());
    }
    next.flags = 0;
    driver.send_records({{next, {}}});
    const auto answered = driver.answer();
    ASSERT_TRUE(answered);
    EXPECT_TRUE(answered->failed);
    EXPECT_TRUE(device->requests.empty());
    driver.request(1, 3, {}, 1);
    EXPECT_EQ(device->requests.size(), 1U);
}

TEST_F(hub_breach_test, RequestsWithoutRoomAreBounded) {
    driver.set_up(1, 0);
    for (int i = 0; i < 7; ++i) {
        driver.request(1, 0, text_bytes("output"), 0);
    }
    EXPECT_FALSE(hub.is_congested(driver_side::domid, port));
    driver.request(1, 0, text_bytes("output"), 0);
    EXPECT_TRUE(hub.is_congested(driver_side::domid, port)) << "as many as the queue has places";
    for (int i = 0; i < 258; ++i) {
        driver.request(1, 0, text_bytes("output"), 0);
    }
    EXPECT_EQ(device->requests.size(), 264U);
    EXPECT_EQ(hub.counters().overrun, 2U);
    device->requests.clear();
    driver.pump();
    EXPECT_FALSE(hub.is_congested(driver_side::domid, port));
    driver.request(1, 0, text_bytes("output"), 0);
    EXPECT_EQ(device->requests.size(), 1U);
}

TEST_F(hub_breach_test, AMessageWhoseEndIsNoRecord) {
    driver.set_up(1, 0);
    const auto good = to_bytes({.op = 1, .device = 1, .id = 1, .epoch = 7, .in = 4});
    bytes message(good.begin(), good.end());
    message.resize(message.size() + 5);
    driver.send(data_type, message);
    EXPECT_EQ(hub.counters().foreign, 1U);
    EXPECT_EQ(device->requests.size(), 1U) << "what came before is a request";
    const auto used = to_bytes({.op = 2, .device = 1, .id = 1, .epoch = 7, .in = 4});
    driver.send(data_type, bytes(used.begin(), used.end()));
    EXPECT_EQ(hub.counters().foreign, 2U);
}

TEST_F(hub_breach_test, ResponsesThatNobodyReadsAreBounded) {
    ASSERT_TRUE(driver.hello());
    for (int i = 0; i < 100; ++i) {
        driver.begin(false, 7, 1, {});
    }
    EXPECT_EQ(hub.counters().unread, 84U);
    driver.pump();
    EXPECT_EQ(status(), 0U);
}

TEST_F(hub_breach_test, ADomainCannotFloodTheLog) {
    for (int i = 0; i < 50; ++i) {
        driver.set_up(1, 0);
    }
    EXPECT_EQ(lines.size(), 20U);
    driver_side other(hub, 301, domid_t{4});
    hub.add(domid_t{4}, 1, 301, std::make_shared<kept_device>());
    other.set_up(1, 0);
    EXPECT_EQ(lines.back(), "device 4:1: its driver is ready") << "and keeps no other out of it";
}

TEST_F(hub_breach_test, ARingThatIsTooSmallIsNotGreeted) {
    bytes payload(8);
    store(payload, 0, std::uint32_t{1});
    store(payload, 4, std::uint32_t{4095});
    EXPECT_FALSE(driver.ask(bus_message::hello, payload));
    EXPECT_EQ(hub.counters().senseless, 1U);
}

} // namespace
} // namespace libargo::virtio::test
