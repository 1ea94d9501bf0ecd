// SPDX-License-Identifier: MIT
// The server's I/O, over a driver and a hypervisor in this process.
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <libargo/virtio/virtio.hpp>

#include "driver_side.hpp"
#include "fake_driver.hpp"

namespace argovirtiod::test {
namespace {

namespace asio = boost::asio;
using namespace libargo;
using namespace libargo::virtio;
using namespace libargo::virtio::detail;
using libargo::virtio::test::bytes;
using libargo::virtio::test::filled;
using libargo::virtio::test::kept_device;

constexpr std::uint16_t back = 1;
constexpr std::uint16_t guest = 3;
constexpr port_t port = 300;

class VirtioServer : public ::testing::Test {
protected:
    VirtioServer() {
        options.log = [this](severity, std::string_view line) { lines.emplace_back(line); };
        options.ring_size = 65536;
        options.open_socket = [this](libargo::socket& target) {
            libargo::detail::socket_access::assign(target, driver->open(back), driver);
        };
    }

    [[nodiscard]] libargo::socket ring_of_guest(std::uint16_t domid = guest, std::size_t size = 16384) {
        libargo::socket made(context);
        libargo::detail::socket_access::assign(made, driver->open(domid), driver);
        made.bind({.port = ARGO_PORT_VIRTIO_DRIVER, .partner = domid_t{back}, .ring_size = size});
        made.non_blocking(true);
        return made;
    }

    void poll() {
        for (int i = 0; i < 4; ++i) {
            driver->refresh();
            context.restart();
            context.poll();
        }
    }

    static void send(libargo::socket& from, port_t to, message_type type, const bytes& message) {
        from.send_to(asio::buffer(message), {domid_t{back}, to}, type);
    }

    struct got {
        message_info info;
        bytes content;
    };
    /// The next message to the guest.
    std::optional<got> next(libargo::socket& at) {
        poll();
        got made{.info = {}, .content = bytes(65536)};
        error_code ec;
        made.content.resize(at.receive_from(asio::buffer(made.content), made.info, ec));
        return ec ? std::nullopt : std::optional(std::move(made));
    }

    static bytes control_message(bool of_bus, std::uint8_t id, std::uint16_t device_number, const bytes& payload) {
        return control_writer({.of_bus = of_bus, .id = id, .device = device_number, .token = 1}).add(payload).take();
    }
    static bytes hello(std::uint32_t largest = 4096) {
        bytes payload(8);
        store(payload, 0, std::uint32_t{1});
        store(payload, 4, largest);
        return control_message(true, 0x80, 0, payload);
    }

    /// HELLO, and all that makes the device ready.
    void set_up(libargo::socket& at, std::uint32_t largest = 4096) {
        send(at, port, control_type, hello(largest));
        bytes features(16);
        store(features, 4, std::uint32_t{2});
        store(features, 8, std::uint64_t{1} << 32U);
        send(at, port, control_type, control_message(false, 4, 1, features));
        bytes status(4);
        store(status, 0, std::uint32_t{11});
        send(at, port, control_type, control_message(false, 8, 1, status));
        bytes queue(40);
        store(queue, 8, std::uint32_t{8});
        send(at, port, control_type, control_message(false, 10, 1, queue));
        std::size_t responses = 0;
        while (const auto one = next(at)) {
            const auto message = parse_control(one->content);
            responses += message && message->response ? 1 : 0;
        }
        EXPECT_EQ(responses, 4U);
    }
    static void request(libargo::socket& at, std::uint16_t id, std::uint32_t room) {
        const auto head = to_bytes({.op = 1, .device = 1, .id = id, .epoch = 7, .in = room});
        send(at, port, data_type, bytes(head.begin(), head.end()));
    }

    std::shared_ptr<libargo::test::fake_driver> driver = std::make_shared<libargo::test::fake_driver>();
    asio::io_context context{1};
    std::vector<std::string> lines;
    server_options options;
    std::shared_ptr<kept_device> device = std::make_shared<kept_device>();
};

TEST_F(VirtioServer, TellsADomainThatItHasDevices) {
    auto at = ring_of_guest();
    server one(context.get_executor(), options);
    one.add(domid_t{guest}, 1, device, port);
    const auto told = next(at);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->info.source, (address{domid_t{back}, ARGO_PORT_VIRTIO_BUS}));
    EXPECT_EQ(told->info.type, control_type);
    EXPECT_TRUE(parse_control(told->content)->is(bus_message::event_lost));
    send(at, ARGO_PORT_VIRTIO_BUS, control_type, hello());
    EXPECT_TRUE(parse_control(next(at)->content)->response);
}

TEST_F(VirtioServer, AnswersRequests) {
    server one(context.get_executor(), options);
    one.add(domid_t{guest}, 1, device, port);
    auto at = ring_of_guest();
    set_up(at);
    request(at, 2, 100);
    poll();
    ASSERT_EQ(device->requests.size(), 1U);
    std::thread([&] {
        device->requests.front().write(0, filled(100, 9));
        device->requests.front().complete(100);
    }).join();
    const auto answered = next(at);
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->info.source, (address{domid_t{back}, port}));
    EXPECT_EQ(answered->info.type, data_type);
    record_reader records(answered->content);
    EXPECT_EQ(records.next(), (record{.op = 2, .device = 1, .id = 2, .epoch = 7, .length = 100, .in = 100}));
    EXPECT_EQ(bytes(records.payload().begin(), records.payload().end()), filled(100, 9));
}

TEST_F(VirtioServer, AFullRingIsWaitedForAndDelaysNoOther) {
    server one(context.get_executor(), options);
    const auto other_device = std::make_shared<kept_device>();
    one.add(domid_t{guest}, 1, device, port);
    one.add(domid_t{4}, 1, other_device, port);
    auto full = ring_of_guest(guest, 8192);
    auto other = ring_of_guest(4);
    set_up(full);
    set_up(other);
    for (const auto& which : {device, other_device}) {
        which->on_request = [](libargo::virtio::request what) {
            const auto room = what.fill(0, what.room());
            std::fill(room.begin(), room.end(), std::byte{5});
            what.complete(room.size());
        };
    }
    for (std::uint16_t id = 0; id < 8; ++id) {
        request(full, id, 3000);
    }
    poll();
    request(other, 0, 3000);
    EXPECT_TRUE(next(other));
    std::size_t answers = 0;
    for (int tries = 0; tries < 200 && answers < 8; ++tries) {
        while (const auto message = next(full)) {
            record_reader records(message->content);
            while (const auto header = records.next()) {
                answers += header->has_more() ? 0U : 1U;
            }
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_EQ(answers, 8U) << "none is lost";
}

TEST_F(VirtioServer, OutputThatADeviceCannotTakeWaitsInTheRing) {
    server one(context.get_executor(), options);
    one.add(domid_t{guest}, 1, device, port);
    auto at = ring_of_guest();
    set_up(at);
    const auto fill = [&] {
        error_code ec;
        std::size_t sent = 0;
        for (; !ec && sent < 5000; ++sent) {
            const auto head = to_bytes({.op = 1, .device = 1, .epoch = 7});
            at.send_to(asio::buffer(head), address{domid_t{back}, port}, data_type, ec);
            if (sent % 100 == 0) {
                poll();
            }
        }
        return sent - 1;
    };
    const std::size_t sent = fill();
    EXPECT_LT(sent, 4999U) << "the ring is full";
    EXPECT_EQ(device->requests.size(), 8U);
    std::size_t done = 0;
    for (int i = 0; i < 5000 && done < sent; ++i) {
        done += device->requests.size();
        device->requests.clear();
        poll();
    }
    EXPECT_EQ(done, sent) << "none is lost";
    EXPECT_EQ(one.counters().overrun, 0U);
}

TEST_F(VirtioServer, ADomainThatCannotHaveARingOfItsOwnSharesOne) {
    server one(context.get_executor(), options);
    one.open();
    driver->fail_next(ARGO_IOC_BIND, EHOSTUNREACH);
    one.add(domid_t{guest}, 1, device, port);
    EXPECT_EQ(lines.back().substr(0, 45), "domain 3 has no ring of its own at port 300: ");
    auto at = ring_of_guest();
    set_up(at);
    driver->fail_next(ARGO_IOC_BIND, ENOSPC);
    one.add(domid_t{4}, 1, std::make_shared<kept_device>(), port);
    auto other = ring_of_guest(4);
    set_up(other);
}

TEST_F(VirtioServer, ADomainThatHasGoneIsForgotten) {
    server one(context.get_executor(), options);
    one.add(domid_t{guest}, 1, device, port);
    {
        auto at = ring_of_guest();
        set_up(at);
        request(at, 0, 4);
        poll();
        error_code ignored;
        at.close(ignored);
    }
    driver->refresh();
    device->requests.clear();
    poll();
    EXPECT_EQ(lines.back(), "domain 3, port 300: the driver side is gone");
    auto again = ring_of_guest();
    set_up(again);
}

TEST_F(VirtioServer, AMessageThatIsTooLargeForTheDomainsRingIsNoLoop) {
    server one(context.get_executor(), options);
    one.add(domid_t{guest}, 1, device, port);
    auto at = ring_of_guest(guest, 4096);
    set_up(at, 1U << 20U);
    request(at, 0, 8000);
    poll();
    static_cast<void>(device->requests.front().fill(0, 8000));
    device->requests.front().complete(8000);
    poll();
    EXPECT_NE(lines.back().find("cannot send from port 300 to 3:43"), std::string::npos) << lines.back();
}

TEST_F(VirtioServer, MayGoBeforeItsRequests) {
    {
        server one(context.get_executor(), options);
        one.add(domid_t{guest}, 1, device, port);
        auto at = ring_of_guest();
        set_up(at);
        request(at, 0, 4);
        poll();
    }
    ASSERT_EQ(device->requests.size(), 1U);
    device->requests.front().complete(0);
    device->config_changed();
    poll();
}

} // namespace
} // namespace argovirtiod::test
