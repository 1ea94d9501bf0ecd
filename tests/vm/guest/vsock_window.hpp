// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"

namespace guest {

/// Listens at --port, reads --mib mebibytes of one connection, and no more. With --buffer, that is its
/// SO_VM_SOCKETS_BUFFER_SIZE. Until killed.
int read_and_stop(const arguments& options);

/// Sends --mib mebibytes to --cid and --port, and then what a peer that reads no more has room for, which it prints.
int fill(const arguments& options);

} // namespace guest
