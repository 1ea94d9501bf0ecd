// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"

namespace guest {

/// Sends back what comes to --port, by IPv4 or IPv6. Until killed.
int echo_datagrams(const arguments& options);

/// Sends --to and --port a datagram of each size up to --most, or each --step sizes, and checks what comes back.
int send_each_size(const arguments& options);

} // namespace guest
