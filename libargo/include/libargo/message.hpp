// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <boost/asio/buffer.hpp>

#include <libargo/address.hpp>

namespace libargo {

/// The number that travels with each message and that means what the users want it to: `message_type{7}`.
enum class message_type : std::uint32_t {};

/// The number of a message type.
[[nodiscard]] constexpr std::uint32_t to_number(message_type type) noexcept { return static_cast<std::uint32_t>(type); }

/// What is known about a message that was received.
struct message_info {
    address source;         ///< the sender: the domain is vouched for by the hypervisor, the port is the sender's word
    message_type type{};    ///< as the sender gave it
    std::size_t size = 0;   ///< payload bytes of the whole message, also where it was truncated
    bool truncated = false; ///< it was longer than the buffers; the rest is gone (of a peek: is still there)
};

/// One message of a `send_many`. The buffers and what they point to stay valid until the operation completes.
struct outgoing_message {
    std::span<const boost::asio::const_buffer> buffers{}; ///< the payload
    address destination = default_destination;            ///< where it goes
    message_type type{};                                  ///< its type
};

/// One message of a `receive_many`. The buffers and what they point to stay valid until the operation completes.
struct incoming_message {
    std::span<const boost::asio::mutable_buffer> buffers{}; ///< where the payload goes
    message_info info{};                                    ///< set when the message is received

    /// Payload bytes that are in the buffers.
    [[nodiscard]] std::size_t received() const noexcept {
        return std::min(info.size, boost::asio::buffer_size(buffers));
    }
};

/// As text: "64 bytes from 3:5000 type 7".
[[nodiscard]] std::string to_string(const message_info& info);
/// As text: "64 bytes to 3:5000 type 7".
[[nodiscard]] std::string to_string(const outgoing_message& message);
/// As text: that of its info.
[[nodiscard]] std::string to_string(const incoming_message& message);

} // namespace libargo
