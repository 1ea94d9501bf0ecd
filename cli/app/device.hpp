// SPDX-License-Identifier: MIT
#pragma once

#include "app/command.hpp"

#include <libargo/socket.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace argoctl {

/// Opens the device of the command line.
/// @throws failure
libargo::socket open_socket(boost::asio::io_context& context, const globals& common);

/// Binds the socket.
/// @throws failure
libargo::bind_result bind_socket(libargo::socket& socket, const libargo::bind_options& wanted);

/// @p wanted; if that is 0, the size of a ring for much data: 1 MiB, or the driver's largest.
std::size_t large_ring(const libargo::socket& socket, std::size_t wanted);

/// "port 5000", as errors name a bind.
std::string bind_name(const libargo::bind_options& wanted);

/// An unpredictable number, for the names of transfers and runs.
std::uint64_t random_number();

} // namespace argoctl
