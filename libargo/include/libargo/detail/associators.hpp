// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/version.hpp>

#if BOOST_VERSION >= 107700
#include <boost/asio/associator.hpp>
#endif

namespace libargo {
template <class Token> class stop_token_binder;
}

// A handler with a stop token has the associated executor, allocator and cancellation slot of the handler inside. Boost
// has one trait for all of them since 1.77; the older one knows executor and allocator only.
#if BOOST_VERSION >= 107700

template <template <class, class> class Associator, class Token, class Default>
struct boost::asio::associator<Associator, libargo::stop_token_binder<Token>, Default> : Associator<Token, Default> {
    static auto get(const libargo::stop_token_binder<Token>& binder) noexcept {
        return Associator<Token, Default>::get(binder.get());
    }
    static auto get(const libargo::stop_token_binder<Token>& binder, const Default& fallback) noexcept {
        return Associator<Token, Default>::get(binder.get(), fallback);
    }
};

#else

template <class Token, class Executor>
struct boost::asio::associated_executor<libargo::stop_token_binder<Token>, Executor>
    : boost::asio::detail::associated_executor_forwarding_base<Token, Executor> {
    using type = boost::asio::associated_executor_t<Token, Executor>;
    static type get(const libargo::stop_token_binder<Token>& binder, const Executor& fallback = Executor()) noexcept {
        return boost::asio::associated_executor<Token, Executor>::get(binder.get(), fallback);
    }
};

template <class Token, class Allocator>
struct boost::asio::associated_allocator<libargo::stop_token_binder<Token>, Allocator> {
    using type = boost::asio::associated_allocator_t<Token, Allocator>;
    static type get(const libargo::stop_token_binder<Token>& binder, const Allocator& fallback = Allocator()) noexcept {
        return boost::asio::associated_allocator<Token, Allocator>::get(binder.get(), fallback);
    }
};

#endif
