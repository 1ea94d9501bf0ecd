// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// The messages of `argo-ctl bench`; docs/argo-ctl.md has the bytes.
namespace argoctl::bench {

/// Argo message types: "ACBC" of the messages that control a run, "ACBD" of those that are measured.
inline constexpr std::uint32_t control_type = 0x43424341;
inline constexpr std::uint32_t data_type = 0x44424341;
inline constexpr std::uint16_t version = 1;
inline constexpr std::size_t smallest_size = 16;
inline constexpr std::size_t longest_reason = 256;

enum class mode : std::uint16_t { round_trip = 1, one_way = 2 };

/// Client: begins a run.
struct start {
    mode what = mode::round_trip;
    std::uint32_t size = 0;  // of a message
    std::uint32_t batch = 1; // messages a call
};

/// Server: accepts the run, with messages of at most @p max_message bytes.
struct ready {
    std::uint32_t max_message = 0;
};

/// Server: refuses the run.
struct refuse {
    std::string reason;
};

/// Client: ends the run, after @p sent messages.
struct stop {
    std::uint64_t sent = 0;
};

/// Server: the results of the run.
struct report {
    std::uint64_t received = 0;
    std::uint64_t lost = 0;
    std::uint64_t reordered = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t wrong_size = 0;

    friend bool operator==(const report&, const report&) = default;
};

using control = std::variant<start, ready, refuse, stop, report>;

struct control_message {
    std::uint32_t session = 0; // the client's random name for the run
    control content;
};

std::vector<std::byte> encode(std::uint32_t session, const control& content);
/// @returns nothing if the payload is no control message of this version
std::optional<control_message> parse(std::uint32_t type, std::span<const std::byte> payload);

/// Puts the head of a measured message into its first smallest_size bytes.
void put_data_head(std::span<std::byte> message, std::uint32_t session, std::uint64_t sequence);

struct data_head {
    std::uint32_t session = 0;
    std::uint64_t sequence = 0;
};
/// @returns nothing if the message is too short
std::optional<data_head> parse_data_head(std::span<const std::byte> message);

} // namespace argoctl::bench
