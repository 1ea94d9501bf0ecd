// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include <boost/asio/buffer.hpp>

#include <libargo/address.hpp>
#include <libargo/message.hpp>

namespace libargo {

/// One message of a `send_many`. The buffers and their memory must stay valid until the operation completes.
struct outgoing_message {
    std::span<const boost::asio::const_buffer> buffers{}; ///< the payload
    address destination = default_destination;            ///< the address to which it is sent
    message_type type{};                                  ///< its type
};

/// One message of a `receive_many`. The buffers and their memory must stay valid until the operation completes.
struct incoming_message {
    std::span<const boost::asio::mutable_buffer> buffers{}; ///< the memory for the payload
    message_info info{};                                    ///< set when the message is received

    /// The number of payload bytes in the buffers.
    [[nodiscard]] std::size_t received() const noexcept {
        return std::min(info.size, boost::asio::buffer_size(buffers));
    }
};

/// As text: "64 bytes to 3:5000 type 7".
[[nodiscard]] inline std::string to_string(const outgoing_message& message) {
    return detail::describe_outgoing(boost::asio::buffer_size(message.buffers), message.destination, message.type);
}
/// As text: that of its info.
[[nodiscard]] inline std::string to_string(const incoming_message& message) { return to_string(message.info); }

} // namespace libargo
