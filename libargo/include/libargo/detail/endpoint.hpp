// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include <libargo/bind.hpp>
#include <libargo/cable.hpp>
#include <libargo/detail/driver.hpp>
#include <libargo/detail/file_descriptor.hpp>
#include <libargo/detail/operation.hpp>
#include <libargo/detail/reactor.hpp>
#include <libargo/detail/watch_fsm.hpp>
#include <libargo/info.hpp>
#include <libargo/options.hpp>
#include <libargo/ring_entry.hpp>
#include <libargo/space.hpp>
#include <libargo/status.hpp>

namespace libargo::detail {

/// An open file of the driver with the operations that are pending on it, for sockets with any executor.
///
/// The endpoint orders operations, and leaves every call to the driver to `driver`. Operations wait in a lane for each
/// kind of event. While a lane has an operation, one wait for that event is pending in the reactor. The wait keeps
/// the context running and owns a reference to the endpoint. When the context destroys the wait uncalled, the
/// operations are destroyed, too. So nothing outlives the context, and nothing leaks with it.
///
/// The mutex protects the members below it: handlers of the reactor's waits, stop requests and the program's calls may
/// come from different threads. No handler and no destructor of a handler runs while the mutex is held.
class endpoint : public std::enable_shared_from_this<endpoint> {
    struct construction_key {};

public:
    /// Opens a device file.
    [[nodiscard, gnu::visibility("default")]] static file_descriptor open_device(const char* path,
                                                                                 fault& failed) noexcept;
    /// Takes over an open file of the driver.
    [[nodiscard, gnu::visibility("default")]] static std::shared_ptr<endpoint>
    create(std::unique_ptr<reactor> waits, file_descriptor& file, std::shared_ptr<device> calls, fault& failed);

    endpoint(construction_key key, std::unique_ptr<reactor> waits, std::shared_ptr<device> calls);
    endpoint(const endpoint&) = delete;
    endpoint& operator=(const endpoint&) = delete;
    ~endpoint();

    [[nodiscard, gnu::visibility("default")]] int native_handle();
    /// Aborts the pending operations and closes the file.
    [[gnu::visibility("default")]] void close(fault& failed);
    /// Aborts the pending operations and gives the file to the caller, without a watch.
    [[nodiscard, gnu::visibility("default")]] file_descriptor release();
    /// Aborts the pending operations.
    [[gnu::visibility("default")]] void cancel();
    /// Aborts one operation, if it is pending.
    [[gnu::visibility("default")]] void cancel(std::uint64_t id);
    /// Destroys the pending operations.
    [[gnu::visibility("default")]] void abandon() noexcept;

    /// Performs a request, waiting as the descriptor's mode says.
    [[gnu::visibility("default")]] void perform(request& what);
    /// Starts an operation.
    [[gnu::visibility("default")]] void start(operation_ptr op);

    [[nodiscard, gnu::visibility("default")]] bool non_blocking() const noexcept;
    [[gnu::visibility("default")]] void non_blocking(bool mode, fault& failed);

    [[nodiscard, gnu::visibility("default")]] bind_result bind(const bind_options& options, fault& failed);
    [[gnu::visibility("default")]] void connect(const address& peer, fault& failed);
    [[nodiscard, gnu::visibility("default")]] endpoint_status status(fault& failed) const;
    [[nodiscard, gnu::visibility("default")]] device_info info(fault& failed) const;
    [[nodiscard, gnu::visibility("default")]] space_state space(std::size_t need, const address& destination,
                                                                fault& failed) const;
    [[nodiscard, gnu::visibility("default")]] socket_options options(fault& failed) const;
    [[gnu::visibility("default")]] void set_options(const socket_options& options, std::uint32_t which, fault& failed);
    [[nodiscard, gnu::visibility("default")]] std::vector<ring_entry> list_rings(fault& failed) const;
    [[gnu::visibility("default")]] void add_cable(const cable& added, fault& failed) const;
    [[gnu::visibility("default")]] void remove_cable(const address& source, fault& failed) const;
    [[nodiscard, gnu::visibility("default")]] std::vector<cable> list_cables(fault& failed) const;
    /// Waits for the descriptor.
    [[gnu::visibility("default")]] void wait(wait_type type, fault& failed);

    /// A wait for an event is over: the event has come, or the wait was cancelled.
    [[gnu::visibility("default")]] void on_ready(wait_type type, bool has_come);
    /// The wait for time is over.
    [[gnu::visibility("default")]] void on_timer();

private:
    using lock_type = std::unique_lock<std::mutex>;
    using operations = std::vector<operation_ptr>;

    struct lane_type {
        std::deque<operation_ptr> pending;
        bool armed = false;     // a wait is in the reactor, or its handler is about to be called
        bool watched = true;    // that wait ends when the first operation can be tried again
        unsigned fruitless = 0; // wakeups in a row that completed nothing

        /// Whether an event of the descriptor leads to an attempt of the first operation, if there is one.
        [[nodiscard]] bool has_wakeup() const noexcept { return pending.empty() || (armed && watched); }
    };

    void adopt(file_descriptor& file, fault& failed);
    [[nodiscard]] request_context context(waiting where) const noexcept;
    [[nodiscard]] lane_type& lane_of(wait_type type) noexcept { return lanes_.at(static_cast<std::size_t>(type)); }
    [[nodiscard]] const lane_type& lane_of(wait_type type) const noexcept {
        return lanes_.at(static_cast<std::size_t>(type));
    }

    // The caller holds the mutex.

    /// Whether a request overtakes no pending operation.
    [[nodiscard]] bool may_start(const lane_type& which, const request& what) const;
    /// Tries the pending operations, in order.
    void sweep(lane_type& which, operations& done);
    /// Arranges that the pending operations are tried again in time.
    void settle(wait_type type, operations& done);
    /// Sets the watch to the need of the first operation.
    /// @returns false if the driver cannot
    [[nodiscard]] bool settle_watch(lane_type& which, operations& done);
    [[nodiscard]] watch_fsm::action install(const watch& wanted);
    void arm(wait_type type);
    /// Ends all waits. Their handlers are called, and start waits for the operations that are pending then.
    void disarm();
    void arm_timer();
    /// Whether an operation may become possible without an event that leads to its attempt.
    [[nodiscard]] bool needs_timer() const;
    /// Whether all operations that may be tried next wait for the same meaning of "writable", the first one's.
    [[nodiscard]] bool share_a_wakeup(const lane_type& which) const;
    [[nodiscard]] operations take_all();
    [[nodiscard]] operations abort_all();

    static void complete_all(operations ops, upcall how);

    driver driver_;

    mutable std::mutex mutex_;
    std::unique_ptr<reactor> reactor_;
    bool timer_armed_ = false;
    std::array<lane_type, 3> lanes_;
    watch_fsm watch_;
    address remote_{};
};

} // namespace libargo::detail
