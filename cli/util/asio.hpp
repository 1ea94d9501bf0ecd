// SPDX-License-Identifier: MIT
#pragma once

// awaitable.hpp of Boost 1.74 uses std::exchange and does not include it.
#include <utility> // IWYU pragma: keep

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace argoctl {

namespace asio = boost::asio;
using boost::system::error_code;

/// The completion token of our coroutines: an error goes to @p ec, and is not thrown.
inline auto awaited(error_code& ec) { return asio::redirect_error(asio::use_awaitable, ec); }

} // namespace argoctl
