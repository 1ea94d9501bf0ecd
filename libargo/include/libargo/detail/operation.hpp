// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <libargo/detail/request.hpp>

namespace libargo::detail {

class endpoint;
class operation;

/// Gives an operation's memory back to its allocator without calling the handler.
struct operation_deleter {
    void operator()(operation* op) const noexcept;
};
using operation_ptr = std::unique_ptr<operation, operation_deleter>;

/// The way in which a handler is called.
enum class upcall {
    posted,    ///< later: the caller is in the call that started or cancelled the operation
    dispatched ///< perhaps at once: the caller is in a handler
};

/// An asynchronous request with its handler.
class operation {
public:
    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;

    [[nodiscard]] virtual request& what() noexcept = 0;

    /// Lets the handler's stop token or cancellation slot abort the operation from now on. Called before the endpoint
    /// has the operation, so that no other thread can complete it meanwhile.
    virtual void watch_for_cancellation(const std::shared_ptr<endpoint>& owner) = 0;

    /// Calls the handler with the request's result, and destroys the operation.
    static void complete(operation_ptr op, upcall how) { op.release()->do_complete(how); }

    /// Identifies the operation among all operations of the process, also among those that were destroyed.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

    /// Called when cancellation is requested, perhaps before the endpoint has the operation.
    void request_stop() noexcept { stop_requested_ = true; }
    [[nodiscard]] bool stop_requested() const noexcept { return stop_requested_; }

protected:
    [[gnu::visibility("default")]] operation() noexcept;
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
