// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <libargo/detail/request.hpp>

namespace libargo::detail {

class endpoint;
class operation;

/// Gives an operation's memory back to the allocator that it came from; its handler is not called.
struct operation_deleter {
    void operator()(operation* op) const noexcept;
};
using operation_ptr = std::unique_ptr<operation, operation_deleter>;

/// How a handler gets called.
enum class upcall {
    posted,    ///< later: we are in the call that started or cancelled the operation
    dispatched ///< perhaps at once: we are in a handler ourselves
};

/// An asynchronous request with its handler.
class operation {
public:
    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;

    [[nodiscard]] virtual request& what() noexcept = 0;

    /// Lets the handler's stop token or cancellation slot abort the operation from now on. Called before the endpoint
    /// has the operation, so that nobody else can complete it meanwhile.
    virtual void watch_for_cancellation(const std::shared_ptr<endpoint>& owner) = 0;

    /// Calls the handler with the request's result. The operation is gone when this returns.
    static void complete(operation_ptr op, upcall how) { op.release()->do_complete(how); }

    /// Tells this operation from all others of the process, also from those that are gone.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

    /// Cancellation was asked for, perhaps before the endpoint had the operation.
    void request_stop() noexcept { stop_requested_ = true; }
    [[nodiscard]] bool stop_requested() const noexcept { return stop_requested_; }

protected:
    operation() noexcept;
    virtual ~operation() = default;

    virtual void do_complete(upcall how) = 0;
    virtual void destroy() noexcept = 0;

private:
    friend struct operation_deleter;

    std::uint64_t id_;
    std::atomic<bool> stop_requested_ = false;
};

inline void operation_deleter::operator()(operation* op) const noexcept { op->destroy(); }

} // namespace libargo::detail
