// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <libargo/message.hpp>

namespace libargo {

/// The settings of a socket. Timeouts limit the synchronous operations; 0 means no limit.
struct socket_options {
    std::size_t send_low_water_mark = 1;         ///< payload bytes that fit when the socket is writable
    message_type type{};                         ///< type of the messages that write(2) sends
    std::chrono::nanoseconds send_timeout{0};    ///< longest wait of a send
    std::chrono::nanoseconds receive_timeout{0}; ///< longest wait of a receive
};

/// As text: "send low-water mark 1 bytes, type 0, send timeout none, receive timeout 2.5s".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const socket_options& options);

} // namespace libargo
