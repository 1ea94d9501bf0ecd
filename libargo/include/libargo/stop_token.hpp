// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <libargo/detail/associators.hpp>

namespace libargo {

/// A completion token with a stop token: the operation that it is given to, and no other, ends with
/// `boost::asio::error::operation_aborted` when a stop is requested. Made by `bind_stop_token`.
template <class Token> class stop_token_binder {
public:
    template <class T>
    stop_token_binder(std::stop_token stop, T&& token) : stop_(std::move(stop)), token_(std::forward<T>(token)) {}

    /// The stop token.
    [[nodiscard]] std::stop_token get_stop_token() const noexcept { return stop_; }
    /// The completion token or handler that it is bound to.
    [[nodiscard]] const Token& get() const noexcept { return token_; }
    [[nodiscard]] Token& get() noexcept { return token_; }

    /// Calls the handler that it is bound to.
    template <class... Args> decltype(auto) operator()(Args&&... args) { return token_(std::forward<Args>(args)...); }

private:
    std::stop_token stop_;
    Token token_;
};

/// Makes one operation stoppable, whatever its completion token is:
///
///     std::stop_source stop;
///     auto n = co_await socket.async_receive(buffer, libargo::bind_stop_token(stop.get_token(), use_awaitable));
///
/// `stop.request_stop()` may be called from any thread. It does not call the handler: that is posted, as ever, to the
/// handler's associated executor. An operation that has completed already is not affected. A stop that was requested
/// before the operation began ends it before it does anything.
///
/// It goes outermost: `bind_stop_token(stop, redirect_error(use_awaitable, ec))`, not the other way round.
///
/// This is the per-operation cancellation for every Boost. Since Boost 1.77 Asio has cancellation slots: where the
/// library and the program are built with such a Boost, the handler's associated cancellation slot is honoured as
/// well, for the types total, partial and terminal: all operations here leave no trace when cancelled.
template <class Token>
[[nodiscard]] stop_token_binder<std::decay_t<Token>> bind_stop_token(std::stop_token stop, Token&& token) {
    return {std::move(stop), std::forward<Token>(token)};
}

/// The stop token associated with a handler: what its `get_stop_token()` returns, or one that is never stopped.
/// May be specialised for a program's own handler types.
template <class Handler> struct associated_stop_token {
    [[nodiscard]] static std::stop_token get(const Handler& handler) noexcept {
        if constexpr (requires {
                          { handler.get_stop_token() } -> std::convertible_to<std::stop_token>;
                      }) {
            return handler.get_stop_token();
        } else {
            return {};
        }
    }
};

/// The stop token associated with a handler.
template <class Handler> [[nodiscard]] std::stop_token get_associated_stop_token(const Handler& handler) noexcept {
    return associated_stop_token<Handler>::get(handler);
}

namespace detail {

/// Starts an operation with the stop token bound to the handler that the inner completion token makes.
template <class Initiation> struct stoppable_initiation {
    std::stop_token stop;
    Initiation initiation;

    template <class Handler, class... Args> void operator()(Handler&& handler, Args&&... args) {
        std::move(initiation)(bind_stop_token(std::move(stop), std::forward<Handler>(handler)),
                              std::forward<Args>(args)...);
    }
};

} // namespace detail
} // namespace libargo

/// Whatever the inner completion token makes of an operation.
template <class Token, class Signature> class boost::asio::async_result<libargo::stop_token_binder<Token>, Signature> {
public:
    template <class Initiation, class Binder, class... Args>
    static decltype(auto) initiate(Initiation&& initiation, Binder&& binder, Args&&... args) {
        return boost::asio::async_initiate<Token, Signature>(
            libargo::detail::stoppable_initiation<std::decay_t<Initiation>>{binder.get_stop_token(),
                                                                            std::forward<Initiation>(initiation)},
            binder.get(), std::forward<Args>(args)...);
    }
};
