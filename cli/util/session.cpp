// SPDX-License-Identifier: MIT
#include "util/session.hpp"

#include <csignal>
#include <exception>
#include <utility>

namespace argoctl {

void session::on_interrupt(std::function<void()> handler) {
    signals_.emplace(context_, SIGINT, SIGTERM, SIGHUP);
    signals_->async_wait([handler = std::move(handler)](const error_code& ec, int) {
        if (!ec) {
            handler();
        }
    });
}

void session::spawn(asio::awaitable<void> work) {
    asio::co_spawn(context_, std::move(work), [](const std::exception_ptr& e) {
        if (e) {
            std::rethrow_exception(e);
        }
    });
}

void session::ignore_interrupts() {
    error_code ignored;
    if (signals_) {
        signals_->cancel(ignored);
    }
}

} // namespace argoctl
