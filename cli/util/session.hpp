// SPDX-License-Identifier: MIT
#pragma once

#include "util/asio.hpp"

#include <functional>
#include <optional>

namespace argoctl {

/// The asynchronous work of a command: coroutines in one thread, and the signals by which a user ends them.
class session {
public:
    [[nodiscard]] asio::io_context& context() { return context_; }

    /// Calls @p handler once, at the first SIGINT, SIGTERM or SIGHUP from now on.
    void on_interrupt(std::function<void()> handler);
    /// Starts a coroutine. An exception that it throws ends run(), which throws it again.
    void spawn(asio::awaitable<void> work);

    /// Runs until all coroutines have ended and ignore_interrupts() was called, or until stop().
    void run() { context_.run(); }
    /// Ends the wait for signals. A signal that comes later has no effect.
    void ignore_interrupts();
    /// Ends run() at once; coroutines stay suspended.
    void stop() { context_.stop(); }

private:
    asio::io_context context_;
    std::optional<asio::signal_set> signals_;
};

} // namespace argoctl
