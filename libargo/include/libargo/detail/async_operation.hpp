// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/version.hpp>

#if BOOST_VERSION >= 107700
#include <boost/asio/associated_cancellation_slot.hpp>
#endif

#include <libargo/detail/endpoint.hpp>
#include <libargo/detail/operation.hpp>
#include <libargo/error.hpp>
#include <libargo/stop_token.hpp>

namespace libargo::detail {

/// Stands for the buffers of a request that has none.
struct no_buffers {};

/// The arguments with which a request completes.
[[nodiscard]] inline std::tuple<error_code, std::size_t> result_of(const size_request& done) {
    return {to_error_code(done.error()), done.size()};
}
[[nodiscard]] inline std::tuple<error_code> result_of(const plain_request& done) {
    return {to_error_code(done.error())};
}

/// The signature of a request's handler.
template <class Request>
using signature_of =
    std::conditional_t<std::is_base_of_v<size_request, Request>, void(error_code, std::size_t), void(error_code)>;

/// A handler and its arguments. It has the handler's allocator, and no executor: the caller submits it to the
/// handler's.
template <class Handler, class Result> class bound_handler {
public:
    using allocator_type = boost::asio::associated_allocator_t<Handler>;

    bound_handler(Handler&& handler, Result&& result) : handler_(std::move(handler)), result_(std::move(result)) {}

    [[nodiscard]] allocator_type get_allocator() const noexcept {
        return boost::asio::get_associated_allocator(handler_);
    }
    void operator()() { std::apply(std::move(handler_), std::move(result_)); }

private:
    Handler handler_;
    Result result_;
};

/// A request with its handler, in memory from the handler's allocator. It keeps a copy of the buffer sequence, which
/// may own its memory.
template <class Request, class Buffers, class Handler> class async_operation final : public operation {
    using executor_type = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
    using allocator_type = typename std::allocator_traits<
        boost::asio::associated_allocator_t<Handler>>::template rebind_alloc<async_operation>;
    using allocator_traits = std::allocator_traits<allocator_type>;

public:
    template <class H>
    [[nodiscard]] static operation_ptr create(Request&& what, Buffers&& buffers, H&& handler,
                                              const boost::asio::any_io_executor& executor) {
        allocator_type allocator(boost::asio::get_associated_allocator(handler));
        // If the constructor throws, the memory goes back before the exception is passed on.
        struct reservation {
            allocator_type& allocator;
            async_operation* memory;
            ~reservation() {
                if (memory != nullptr) {
                    allocator_traits::deallocate(allocator, memory, 1);
                }
            }
        } reserved{allocator, allocator_traits::allocate(allocator, 1)};
        std::construct_at(reserved.memory, std::move(what), std::move(buffers), std::forward<H>(handler), executor);
        return operation_ptr(std::exchange(reserved.memory, nullptr));
    }

    template <class H>
    async_operation(Request&& what, Buffers&& buffers, H&& handler, const boost::asio::any_io_executor& executor)
        : what_(std::move(what)), buffers_(std::move(buffers)), handler_(std::forward<H>(handler)),
          work_(boost::asio::get_associated_executor(handler_, executor)) {
        what_.prepare();
    }

    [[nodiscard]] request& what() noexcept override { return what_; }

    void watch_for_cancellation(const std::shared_ptr<endpoint>& owner) override {
        if (auto token = get_associated_stop_token(handler_); token.stop_possible()) {
            stop_.emplace(std::move(token), stopper{*this, owner});
        }
#if BOOST_VERSION >= 107700
        if (auto slot = boost::asio::get_associated_cancellation_slot(handler_); slot.is_connected()) {
            // May be emitted long after the operation has gone: found by its number, or not at all.
            slot.assign([owner = std::weak_ptr(owner), id = id()](boost::asio::cancellation_type type) {
                if (type == boost::asio::cancellation_type::none) {
                    return;
                }
                if (const auto target = owner.lock()) {
                    target->cancel(id);
                }
            });
        }
#endif
    }

protected:
    void do_complete(upcall how) override {
        // From here on no stop request can touch the operation.
        stop_.reset();
        const auto work = std::move(work_);
        bound_handler bound(std::move(handler_), result_of(what_));
        // The memory is free for the next operation before the handler is called, which may start it.
        give_back(bound.get_allocator());
        if (how == upcall::dispatched) {
            boost::asio::dispatch(work.get_executor(), std::move(bound));
        } else {
            boost::asio::post(work.get_executor(), std::move(bound));
        }
    }

    void destroy() noexcept override {
        // What the handler owns may be destroyed with it, so the memory is given back before that.
        const auto handler = std::move(handler_);
        give_back(boost::asio::get_associated_allocator(handler));
    }

private:
    void give_back(allocator_type allocator) noexcept {
        std::destroy_at(this);
        allocator_traits::deallocate(allocator, this, 1);
    }

    struct stopper {
        async_operation& op;
        std::weak_ptr<endpoint> owner;

        void operator()() const {
            op.request_stop();
            // Once the operation is cancelled this object may be gone.
            const auto id = op.id();
            if (const auto target = owner.lock()) {
                target->cancel(id);
            }
        }
    };

    Request what_;
    Buffers buffers_;
    Handler handler_;
    boost::asio::executor_work_guard<executor_type> work_;
    std::optional<std::stop_callback<stopper>> stop_;
};

/// Starts a request for a handler; on a socket that is not open it completes at once with bad_descriptor.
template <class Request, class Buffers, class Handler>
void start_operation(const std::shared_ptr<endpoint>& on, const boost::asio::any_io_executor& executor, Request what,
                     Buffers buffers, Handler&& handler) {
    using op_type = async_operation<Request, Buffers, std::decay_t<Handler>>;
    auto op = op_type::create(std::move(what), std::move(buffers), std::forward<Handler>(handler), executor);
    if (on == nullptr) {
        op->what().fail(fault(EBADF));
        operation::complete(std::move(op), upcall::posted);
        return;
    }
    on->start(std::move(op));
}

} // namespace libargo::detail
