// SPDX-License-Identifier: MIT
#pragma once

#include "stream_transport.hpp"

namespace guest::stream {

/// tcp and vsock. Without Nagle's algorithm: the others have nothing like it.
std::unique_ptr<listener> listen_socket(const place& where);
std::unique_ptr<connection> connect_socket(const place& where);

} // namespace guest::stream
