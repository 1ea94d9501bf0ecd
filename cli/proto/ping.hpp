// SPDX-License-Identifier: MIT
#pragma once

#include "util/statistics.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// The probes of `argo-ctl ping`, which `argo-ctl echo` sends back unchanged.
namespace argoctl::ping {

/// Argo message type: "ACPG".
inline constexpr std::uint32_t message_type = 0x47504341;
inline constexpr std::size_t smallest_size = 16;

using clock = std::chrono::steady_clock;

std::vector<std::byte> encode(std::uint32_t ident, std::uint64_t sequence, std::size_t size);

enum class reply_kind {
    in_time,
    late,      // after the timeout: it counts as lost
    duplicate, // of a probe that was answered before
    corrupt,   // of a probe of this ping, with other bytes
    foreign,   // not of a probe of this ping
};

struct reply {
    reply_kind kind = reply_kind::foreign;
    std::uint64_t sequence = 0;
    std::chrono::nanoseconds time{0};
};

struct summary {
    std::uint64_t sent = 0;
    std::uint64_t received = 0; // in time
    std::uint64_t lost = 0;
    std::uint64_t pending = 0; // could still come in time
    std::uint64_t late = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t corrupt = 0;
    std::uint64_t errors = 0; // of the lost ones: could not be sent
    std::chrono::nanoseconds elapsed{0};
    running_statistics times;

    /// Lost probes in percent of those whose fate is known.
    [[nodiscard]] double loss() const;
};

/// Follows the probes and their replies.
class tracker {
public:
    tracker(std::uint32_t ident, std::size_t size, std::chrono::nanoseconds timeout);

    /// The next probe. The caller sends it at @p now.
    std::vector<std::byte> next(clock::time_point now);
    /// The probe of the last next() could not be sent.
    void failed();

    reply on_message(std::uint32_t type, std::span<const std::byte> payload, clock::time_point now);

    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    /// Whether every probe was answered, failed, or is older than the timeout.
    [[nodiscard]] bool settled(clock::time_point now) const;
    [[nodiscard]] summary summarize(clock::time_point now) const;

private:
    /// Probes that are remembered. A reply to an older probe is foreign.
    static constexpr std::size_t window = 65536;

    enum class fate : std::uint8_t { open, answered, failed };
    struct probe {
        clock::time_point sent;
        fate state = fate::open;
    };

    [[nodiscard]] std::uint64_t pending(clock::time_point now) const;

    std::uint32_t ident_;
    std::size_t size_;
    std::chrono::nanoseconds timeout_;
    std::vector<probe> probes_; // of sequence n at n % window
    std::uint64_t sent_ = 0;
    clock::time_point first_;
    summary counts_;
};

} // namespace argoctl::ping
