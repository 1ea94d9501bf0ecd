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

/// A completion token with a stop token, made by `bind_stop_token`. When a stop is requested, the operation with this
/// completion token, and no other, ends with `boost::asio::error::operation_aborted`.
template <class Token> class stop_token_binder {
public:
    template <class T>
    stop_token_binder(std::stop_token stop, T&& token) : stop_(std::move(stop)), token_(std::forward<T>(token)) {}

    /// The stop token.
    [[nodiscard]] std::stop_token get_stop_token() const noexcept { return stop_; }
    /// The completion token or handler with which the stop token is bound.
    [[nodiscard]] const Token& get() const noexcept { return token_; }
    [[nodiscard]] Token& get() noexcept { return token_; }

    /// Calls the handler with which the stop token is bound.
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
/// `stop.request_stop()` may be called from any thread. It does not call the handler, which is posted to its associated
/// executor. A stop request does not affect an operation that has completed. A stop request from before the operation
/// began ends the operation before it does anything.
///
/// `bind_stop_token` must be outermost: `bind_stop_token(stop, redirect_error(use_awaitable, ec))`.
///
/// The stop token cancels one operation with any release of Boost. Since Boost 1.77 Asio has cancellation slots: when
/// the library and the program are built with such a Boost, the handler's associated cancellation slot is honoured as
/// well, for the types total, partial and terminal, since a cancelled operation has done nothing.
template <class Token>
[[nodiscard]] stop_token_binder<std::decay_t<Token>> bind_stop_token(std::stop_token stop, Token&& token) {
    return {std::move(stop), std::forward<Token>(token)};
}

/// The stop token associated with a handler: the result of the handler's `get_stop_token()`, or a token that is never
/// stopped. Programs may specialise it for their own handler types.
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

/// The result of an operation is that of the inner completion token.
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
