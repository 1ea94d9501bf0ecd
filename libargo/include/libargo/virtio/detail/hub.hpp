// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <libargo/address.hpp>
#include <libargo/message.hpp>
#include <libargo/virtio/detail/link.hpp>
#include <libargo/virtio/device.hpp>
#include <libargo/virtio/log.hpp>
#include <libargo/virtio/statistics.hpp>

namespace libargo::virtio::detail {

/// The device side of the protocol: all devices of all domains. No I/O: messages come in and go out by calls.
///
/// Not thread-safe, but for what devices do with requests.
class hub {
public:
    using clock = std::chrono::steady_clock;
    using instance_type = std::array<std::byte, 16>;

    struct settings {
        instance_type instance{};
        /// Called when `collect` has something to do, from any thread.
        std::function<void()> wake{};
        log_function log{};
        /// Bytes of memory that are kept for the next requests of a domain.
        std::size_t kept_for_domain = std::size_t{4} << 20U;
    };

    [[gnu::visibility("default")]] explicit hub(settings chosen);
    hub(const hub&) = delete;
    hub& operator=(const hub&) = delete;
    [[gnu::visibility("default")]] ~hub();

    /// A port is bound whose ring takes messages of that size.
    [[gnu::visibility("default")]] void set_port(port_t port, std::size_t largest);
    /// Gives a domain a device, and tells it. @throws std::invalid_argument the number is out of range or taken
    [[gnu::visibility("default")]] void add(domid_t domid, std::uint16_t number, port_t port,
                                            std::shared_ptr<device> what);
    /// Takes a device away. @returns whether there was one
    [[gnu::visibility("default")]] bool remove(domid_t domid, std::uint16_t number);
    /// Whether a domain has devices at a port.
    [[nodiscard, gnu::visibility("default")]] bool has_devices_at(domid_t domid, port_t port) const;

    /// Whether messages of a domain to a port had better wait until a device has dealt with those of before.
    [[nodiscard, gnu::visibility("default")]] bool is_congested(domid_t domid, port_t port) const;

    /// A message has come to a port. Its memory may be taken.
    [[gnu::visibility("default")]] void receive(port_t port, const address& source, message_type type,
                                                received& message, clock::time_point now);
    /// Deals with what devices have finished or changed.
    [[gnu::visibility("default")]] void collect();

    /// The links that have output now and had none before. Each is sent to until it has none, then `sent_all` is
    /// called.
    [[nodiscard, gnu::visibility("default")]] std::vector<std::shared_ptr<link>> take_ready();
    /// The next message of a link with output.
    [[nodiscard, gnu::visibility("default")]] outgoing next(link& to, std::size_t most_pieces);
    /// A link has no output any more.
    [[gnu::visibility("default")]] void sent_all(const std::shared_ptr<link>& to);
    /// The links that have said HELLO and are not being sent to.
    [[nodiscard, gnu::visibility("default")]] std::vector<std::shared_ptr<link>> idle_links() const;
    /// A driver side cannot be sent to.
    [[gnu::visibility("default")]] void lost(const std::shared_ptr<link>& to);

    /// Writes to the log what a domain caused, and not more than a few lines in a second.
    [[gnu::visibility("default")]] void say(domid_t about, severity how, const std::string& text);

    [[nodiscard]] const statistics& counters() const noexcept { return counters_; }

private:
    using key = std::pair<domid_t, port_t>;

    /// The lines of the log that a domain has caused lately.
    struct budget {
        clock::time_point since{};
        unsigned lines = 0;
        unsigned left_out = 0;
    };

    [[nodiscard]] std::shared_ptr<link> find(domid_t domid, port_t port) const;
    [[nodiscard]] std::shared_ptr<link> obtain(domid_t domid, port_t port);
    [[nodiscard]] const std::shared_ptr<attachment>* find_device(domid_t domid, std::uint16_t number,
                                                                 port_t* port) const;
    [[nodiscard]] bool has_devices(domid_t domid) const;
    [[nodiscard]] std::shared_ptr<buffer_pool> pool_of(domid_t domid);

    void receive_control(domid_t domid, port_t port, std::span<const std::byte> message, clock::time_point now);
    void receive_records(domid_t domid, port_t port, received& message, clock::time_point now);
    void hello(domid_t domid, port_t port, const control& asked);
    void answer_hello(const std::shared_ptr<link>& to);
    void answer_bus(const std::shared_ptr<link>& to, const control& asked);
    [[nodiscard]] std::optional<control_writer> get_devices(domid_t domid, const control& asked) const;
    [[nodiscard]] std::optional<control_writer> locate(domid_t domid, const control& asked) const;
    void answer_device(const std::shared_ptr<link>& to, const control& asked);
    void receive_record(const std::shared_ptr<link>& from, const record& header, std::span<const std::byte> payload,
                        received& message, bool alone);
    void refuse_stranger(domid_t domid, port_t port, clock::time_point now);
    void respond(const std::shared_ptr<link>& to, std::vector<std::byte> message);
    void end_fences(const std::shared_ptr<link>& of);
    /// The link may have output now.
    void offer(const std::shared_ptr<link>& what);

    settings settings_;
    std::shared_ptr<completions> completions_;
    statistics counters_;
    std::map<port_t, std::size_t> ports_;
    std::map<key, std::shared_ptr<link>> links_;
    std::map<domid_t, std::weak_ptr<buffer_pool>> pools_;
    std::map<domid_t, budget> budgets_;
    std::map<key, clock::time_point> refused_; // when a stranger was last told that it is one
    std::vector<std::shared_ptr<link>> ready_;
};

} // namespace libargo::virtio::detail
