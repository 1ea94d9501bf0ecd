// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <libargo/virtio/detail/hub.hpp>

namespace libargo::virtio::test {

using bytes = std::vector<std::byte>;

[[nodiscard]] bytes text_bytes(std::string_view text);
[[nodiscard]] bytes filled(std::size_t size, unsigned value);

/// An answer, as a driver sees it.
struct used_chain {
    std::uint16_t id = 0;
    std::uint32_t epoch = 0;
    std::uint32_t used = 0;
    bool failed = false;
    bytes room; ///< with the answer's payloads in it
    friend bool operator==(const used_chain&, const used_chain&) = default;
};

/// A hub, and the driver side of one domain, with no hypervisor between them. It checks what it gets as a driver side
/// has to.
class driver_side {
public:
    static constexpr domid_t domid{3};
    static constexpr std::size_t ring = 4096; ///< the largest payload that this driver side takes

    explicit driver_side(detail::hub& other, port_t at, domid_t own = domid);

    /// Sends a message.
    void send(message_type type, const bytes& message, port_t from = ARGO_PORT_VIRTIO_DRIVER);
    /// Takes what the device side has to send, to anybody.
    void pump();

    /// Sends a request and returns its response's payload; nothing if there is none.
    std::optional<bytes> ask(detail::bus_message what, const bytes& payload = {});
    std::optional<bytes> ask(detail::device_message what, std::uint16_t device, const bytes& payload = {});
    /// Sends a request without looking for its response. @returns its token
    std::uint16_t begin(bool of_bus, std::uint8_t id, std::uint16_t device, const bytes& payload);
    /// The response to a request, if it has come.
    std::optional<bytes> response(std::uint16_t token);

    bool hello();
    std::uint32_t set_status(std::uint16_t device, std::uint32_t status);
    void set_features(std::uint16_t device, std::uint64_t features);
    void set_queue(std::uint16_t device, std::uint32_t queue, std::uint32_t size);
    /// HELLO, and all that makes a device ready, with its queues of 8.
    void set_up(std::uint16_t device, std::uint64_t features, std::uint32_t queues = 1);

    /// Sends a chain, in one record.
    void request(std::uint16_t device, std::uint16_t id, const bytes& readable, std::uint32_t room,
                 std::uint16_t queue = 0);
    /// Sends a message of records.
    void send_records(const std::vector<std::pair<detail::record, bytes>>& records);
    /// Takes one answer; nothing if there is none.
    std::optional<used_chain> take_used();
    /// Lets the device side work, and takes one answer.
    std::optional<used_chain> answer();

    std::uint32_t epoch = 7;
    std::vector<detail::control> events; ///< without their payloads
    std::vector<bytes> event_payloads;
    std::size_t data_messages = 0;
    detail::hub::clock::time_point now{};

private:
    struct pending {
        std::uint32_t room = 0;
        bytes content;
        std::size_t filled = 0;
    };

    void receive(const detail::outgoing& message);
    void receive_control(const bytes& message);
    void receive_used(const bytes& message);

    detail::hub* hub_;
    port_t port_;
    domid_t domid_;
    std::uint16_t token_ = 0;
    std::map<std::uint16_t, bytes> responses_;
    std::map<std::pair<std::uint16_t, std::uint16_t>, pending> pending_; // by queue and id
    std::deque<used_chain> used_;
};

/// A device whose requests the test ends.
class kept_device : public device {
public:
    explicit kept_device(device_description what =
                             {.id = 4, .features = 0x5, .config_size = 16, .queue_sizes = {8, 8}, .max_chain = 8192})
        : what_(std::move(what)) {}

    [[nodiscard]] device_description describe() const override { return what_; }
    void read_config(std::size_t offset, std::span<std::byte> into) const override;
    bool write_config(std::size_t offset, std::span<const std::byte> from) override;
    void linked(const link_limits& limits) override { limits_ = limits; }
    void start(std::uint64_t features) override { features_ = features; }
    void handle(request what) override {
        if (on_request) {
            on_request(std::move(what));
        } else {
            requests.push_back(std::move(what));
        }
    }
    void reset() override { ++resets; }
    using device::config_changed;

    std::deque<request> requests;
    std::function<void(request)> on_request;
    bytes config = bytes(16);
    std::uint64_t features_ = 0;
    link_limits limits_{};
    int resets = 0;

private:
    device_description what_;
};

} // namespace libargo::virtio::test
