// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <libargo/message.hpp>

namespace libargo {

/// The settings of a socket. Timeouts limit the synchronous operations; 0 means no limit.
struct socket_options {
    std::size_t send_low_water_mark = 1;         ///< writable means that so many payload bytes fit
    message_type type{};                         ///< type of what write(2) sends on the native handle
    std::chrono::nanoseconds send_timeout{0};    ///< longest wait of a send
    std::chrono::nanoseconds receive_timeout{0}; ///< longest wait of a receive
};

/// As text: "send low-water mark 1 bytes, type 0, send timeout none, receive timeout 2.5s".
[[nodiscard]] std::string to_string(const socket_options& options);

} // namespace libargo
