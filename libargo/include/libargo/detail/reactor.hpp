// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>

#include <libargo/detail/fault.hpp>
#include <libargo/detail/wait_type.hpp>

namespace libargo::detail {

class endpoint;

/// The way from an endpoint to the program's Asio: waits for events of its file, and for time.
///
/// The program's own code implements it (asio_reactor.hpp). The compiled part of the library has no code of Asio, so
/// that it runs with programs of every release of Boost. Asio's state, such as the list of contexts that run in a
/// thread, then exists once.
class reactor {
public:
    reactor() = default;
    reactor(const reactor&) = delete;
    reactor& operator=(const reactor&) = delete;
    virtual ~reactor() = default;

    /// Takes over an open file and makes it non-blocking.
    [[nodiscard]] virtual fault assign(int fd) = 0;
    /// Ends the waits for the file and leaves it to the caller.
    virtual void release() = 0;
    /// Ends the waits for the file and closes it.
    [[nodiscard]] virtual fault close() = 0;
    /// Ends the waits for the file.
    virtual void cancel() = 0;
    /// Calls the endpoint's on_ready() after an event, or its abandon() if the context ends before.
    virtual void wait(std::shared_ptr<endpoint> owner, wait_type what) = 0;

    /// Calls the endpoint's on_timer() after a time, or its abandon() if the context ends before.
    virtual void wait_for(std::shared_ptr<endpoint> owner, std::chrono::milliseconds time) = 0;
    /// Ends the wait for time, which calls on_timer() then.
    virtual void cancel_timer() = 0;
};

} // namespace libargo::detail
