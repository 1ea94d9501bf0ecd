// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include <libargo/address.hpp>
#include <libargo/message.hpp>
#include <libargo/virtio/detail/attachment.hpp>
#include <libargo/virtio/detail/chain.hpp>
#include <libargo/virtio/detail/wire.hpp>

namespace libargo::virtio::detail {

/// A message for a driver side. Its pieces stay valid as long as it does.
struct outgoing {
    message_type type{};
    std::vector<std::span<const std::byte>> pieces{};

    std::vector<std::byte> control{};                   ///< the memory of a control message
    std::vector<record_bytes> headers{};                ///< the memory of headers
    std::vector<std::shared_ptr<const chain>> chains{}; ///< the memory of answers
    std::size_t answers = 0;                            ///< that are complete with this message
};

/// One driver domain at one port: its devices there, and what is to be sent to it. No I/O.
class link {
public:
    link(domid_t domid, port_t port) noexcept : domid_(domid), port_(port) {}

    [[nodiscard]] domid_t domid() const noexcept { return domid_; }
    [[nodiscard]] port_t port() const noexcept { return port_; }
    [[nodiscard]] bool is_bus() const noexcept;
    /// Where its messages go.
    [[nodiscard, gnu::visibility("default")]] address peer() const noexcept;

    using attachments = std::map<std::uint16_t, std::shared_ptr<attachment>>;
    attachments devices; ///< by number; none on the bus

    /// Whether a HELLO was answered, or is about to be.
    [[nodiscard]] bool greeted() const noexcept { return greeted_; }
    /// Whether a HELLO waits for requests of before.
    [[nodiscard]] bool is_fenced() const noexcept { return hello_.has_value(); }
    /// Begins anew: resets all devices and forgets what was to be sent.
    /// @param largest the largest payload that the driver side's ring takes
    void greet(std::uint16_t token, std::size_t largest);
    /// The largest payload that the driver side's ring takes.
    [[nodiscard]] std::size_t largest() const noexcept { return largest_; }
    /// The token of a HELLO that can be answered now.
    [[nodiscard]] std::optional<std::uint16_t> take_hello();
    /// The driver side is gone: likewise, and it has to say HELLO again.
    void forget();

    /// Puts a response into the queue. @returns false if the driver side does not read its responses: dropped
    [[nodiscard]] bool respond(std::vector<std::byte> message);
    void answer(std::unique_ptr<chain> what);
    /// Drops the answers of before a reset. @returns how many
    std::size_t drop_stale();
    /// Takes a device away.
    void drop(std::uint16_t device);
    void announce(std::uint16_t device, presence state);
    void announce_lost() noexcept { lost_ = true; }
    void announce_config(std::uint16_t device) { config_changes_.insert(device); }

    [[nodiscard, gnu::visibility("default")]] bool has_output() const noexcept;
    /// The next message. @pre has_output() @param most_pieces the most buffers of a message
    [[nodiscard]] outgoing next(std::size_t most_pieces);

    /// Whether the hub has put it into the list of those with output, or it is being sent to.
    bool queued = false;

private:
    [[nodiscard]] outgoing next_control();
    [[nodiscard]] std::vector<std::byte> next_event();
    [[nodiscard]] outgoing next_answers(std::size_t most_pieces);

    domid_t domid_;
    port_t port_;
    bool greeted_ = false;
    std::optional<std::uint16_t> hello_; // the token of one that waits
    std::size_t largest_ = min_payload;

    std::deque<std::vector<std::byte>> responses_;
    std::deque<std::pair<std::uint16_t, presence>> presences_;
    std::set<std::uint16_t> config_changes_;
    bool lost_ = false;
    std::deque<std::shared_ptr<chain>> answers_;
};

} // namespace libargo::virtio::detail
