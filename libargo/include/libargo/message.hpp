// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <libargo/address.hpp>

namespace libargo {

/// The number that travels with each message, whose meaning is the programs' own: `message_type{7}`.
enum class message_type : std::uint32_t {};

/// The number of a message type.
[[nodiscard]] constexpr std::uint32_t to_number(message_type type) noexcept { return static_cast<std::uint32_t>(type); }

/// The properties of a received message.
struct message_info {
    address source;         ///< the sender: the hypervisor vouches for the domain, and the sender states the port
    message_type type{};    ///< as the sender gave it
    std::size_t size = 0;   ///< payload bytes of the whole message, also of a truncated one
    bool truncated = false; ///< it was longer than the buffers; the rest is lost (after a peek: still in the ring)
};

/// As text: "64 bytes from 3:5000 type 7".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const message_info& info);

namespace detail {

/// The text of a message of `send_many`.
[[nodiscard, gnu::visibility("default")]] std::string describe_outgoing(std::size_t size, const address& destination,
                                                                        message_type type);

} // namespace detail

} // namespace libargo
