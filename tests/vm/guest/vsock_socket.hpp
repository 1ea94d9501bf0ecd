// SPDX-License-Identifier: MIT
#pragma once

#include "file.hpp"

#include <linux/vm_sockets.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace guest {

/// A blocking AF_VSOCK socket. Throws std::system_error, as all functions here.
file vsock_socket(int type = SOCK_STREAM);

/// Any of the domain's CIDs.
void vsock_bind(const file& socket, std::uint32_t port);

/// Listens, says so on the standard output, and returns the first connection.
file vsock_accept_one(const file& listener);

/// Returns 0 or the errno; with a non-blocking socket EINPROGRESS is one, too.
int vsock_connect(const file& socket, std::uint32_t cid, std::uint32_t port);

/// The SO_ERROR of a socket.
int pending_error(const file& socket);

/// "ECONNRESET"; "" for 0.
std::string errno_name(int error);

} // namespace guest
