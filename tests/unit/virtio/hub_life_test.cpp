// SPDX-License-Identifier: MIT
// Resets, driver sides that come again, and requests that end after that.
#include "hub_fixture.hpp"

namespace libargo::virtio::test {
namespace {

using namespace detail;

class hub_life_test : public hub_test {
protected:
    [[nodiscard]] static bytes hello_payload() {
        bytes payload(8);
        store(payload, 0, std::uint32_t{1});
        store(payload, 4, std::uint32_t{4096});
        return payload;
    }
};

TEST_F(hub_life_test, HelloIsAnsweredWhenNoRequestOfBeforeIsInProgress) {
    driver.set_up(1, 0);
    driver.request(1, 0, {}, 1);
    driver.request(1, 1, {}, 1);
    const auto token = driver.begin(true, 0x80, 0, hello_payload());
    EXPECT_FALSE(driver.response(token));
    EXPECT_EQ(device->resets, 3) << "with the HELLO and the reset of set_up()";
    device->requests.pop_front();
    EXPECT_FALSE(driver.response(token));
    driver.request(1, 0, {}, 1);
    EXPECT_EQ(device->requests.size(), 1U) << "nothing is taken meanwhile";
    driver.begin(false, 7, 1, {});
    EXPECT_EQ(hub.counters().senseless, 1U);
    device->requests.pop_front();
    EXPECT_TRUE(driver.response(token));
    EXPECT_FALSE(driver.answer()) << "requests of before have no answer";
    EXPECT_EQ(driver.data_messages, 0U);
}

TEST_F(hub_life_test, TheLastHelloIsAnsweredAlone) {
    driver.set_up(1, 0);
    driver.request(1, 0, {}, 1);
    const auto first = driver.begin(true, 0x80, 0, hello_payload());
    const auto second = driver.begin(true, 0x80, 0, hello_payload());
    device->requests.clear();
    EXPECT_TRUE(driver.response(second));
    EXPECT_FALSE(driver.response(first));
}

TEST_F(hub_life_test, AResetIsAnsweredWhenNoRequestOfBeforeIsInProgress) {
    driver.set_up(1, 0);
    driver.request(1, 0, {}, 1);
    const auto token = driver.begin(false, 8, 1, bytes(4));
    EXPECT_FALSE(driver.response(token));
    driver.request(1, 1, {}, 1);
    EXPECT_EQ(device->requests.size(), 1U);
    driver.begin(false, 7, 1, {});
    EXPECT_EQ(hub.counters().senseless, 1U) << "the driver side waits";
    const auto again = driver.begin(false, 8, 1, bytes(4));
    device->requests.clear();
    EXPECT_EQ(driver.response(again), bytes(4));
    EXPECT_FALSE(driver.response(token));
    EXPECT_EQ(driver.set_status(1, 0), 0U);
    EXPECT_EQ(hub.counters().senseless, 1U);
}

TEST_F(hub_life_test, AnswersThatWaitAreDroppedByAReset) {
    driver.set_up(1, 0);
    driver.request(1, 0, {}, 1);
    device->requests.front().complete(0);
    hub.collect();
    const auto token = driver.begin(false, 8, 1, bytes(4));
    EXPECT_EQ(driver.response(token), bytes(4));
    EXPECT_EQ(driver.data_messages, 0U);
    EXPECT_EQ(hub.counters().stale, 1U);
}

TEST_F(hub_life_test, AConfigChangeIsToldToWhoIsThere) {
    device->config_changed();
    driver.pump();
    EXPECT_TRUE(driver.events.empty());
    ASSERT_TRUE(driver.hello());
    device->config_changed();
    device->config_changed();
    driver.pump();
    EXPECT_EQ(driver.events.size(), 1U) << "once, whatever has changed meanwhile";
}

TEST_F(hub_life_test, ADriverSideThatCannotBeSentToSaysHelloAgain) {
    driver.set_up(1, 0);
    driver.request(1, 0, {}, 1);
    device->requests.front().complete(0);
    hub.collect();
    const auto ready = hub.take_ready();
    ASSERT_EQ(ready.size(), 1U);
    const auto message = hub.next(*ready[0], 16);
    EXPECT_EQ(message.answers, 1U);
    hub.lost(ready[0]);
    driver.now += std::chrono::hours(1);
    driver.request(1, 0, {}, 1);
    driver.pump();
    ASSERT_EQ(driver.events.size(), 1U);
    EXPECT_TRUE(driver.events[0].is(bus_message::event_lost));
    driver.set_up(1, 0);
}

TEST_F(hub_life_test, RequestsOfADeviceThatIsRemovedEndWithoutEffect) {
    driver.set_up(1, 0);
    driver.request(1, 0, {}, 1);
    driver.request(1, 1, {}, 1);
    auto kept = std::move(device->requests.front());
    device->requests.pop_front();
    const std::weak_ptr<kept_device> watched = device;
    device.reset();
    hub.remove(driver_side::domid, 1);
    EXPECT_TRUE(watched.expired()) << "though it had a request itself";
    kept.complete(0);
    EXPECT_FALSE(driver.answer());
    EXPECT_EQ(hub.counters().stale, 2U);
    driver.request(1, 1, {}, 1);
    EXPECT_EQ(hub.counters().not_set_up, 1U);
}

TEST_F(hub_life_test, ADeviceThatIsReplacedGoesAndComes) {
    ASSERT_TRUE(bus.hello());
    for (int i = 0; i < 3; ++i) {
        hub.remove(driver_side::domid, 1);
        hub.add(driver_side::domid, 1, port, std::make_shared<kept_device>());
    }
    bus.pump();
    ASSERT_EQ(bus.event_payloads.size(), 2U);
    EXPECT_EQ(bus.event_payloads[0][2], std::byte{2});
    EXPECT_EQ(bus.event_payloads[1][2], std::byte{1});
}

TEST_F(hub_life_test, ADeviceThatComesIsToldToADomainThatHadNone) {
    driver_side other(hub, ARGO_PORT_VIRTIO_BUS, domid_t{5});
    EXPECT_FALSE(other.hello());
    hub.add(domid_t{5}, 1, port, std::make_shared<kept_device>());
    other.pump();
    ASSERT_EQ(other.events.size(), 1U);
    EXPECT_TRUE(other.events[0].is(bus_message::event_lost)) << "it has to say HELLO";
    EXPECT_TRUE(other.hello());
}

} // namespace
} // namespace libargo::virtio::test
