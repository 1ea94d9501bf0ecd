// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <libargo/bind.hpp>
#include <libargo/detail/device.hpp>
#include <libargo/detail/file_descriptor.hpp>
#include <libargo/detail/operation.hpp>
#include <libargo/detail/watch_fsm.hpp>
#include <libargo/info.hpp>
#include <libargo/options.hpp>
#include <libargo/ring_entry.hpp>
#include <libargo/space.hpp>
#include <libargo/status.hpp>

namespace libargo::detail {

/// An open descriptor with the operations that are pending on it; what all sockets have in common.
///
/// Operations wait in a lane for each kind of event. As long as a lane has any, one wait for that event is pending in
/// Asio's reactor: it keeps the context running, carries a reference to the endpoint, and if the context destroys it
/// uncalled, the operations are destroyed as well. So nothing outlives the context, and nothing leaks with it.
///
/// The mutex protects everything below it: handlers of the reactor's waits, stop tokens and the user's calls may come
/// from different threads. No handler and no destructor of one runs while it is held.
class endpoint : public std::enable_shared_from_this<endpoint> {
    struct construction_key {};

public:
    /// Opens a device file.
    [[nodiscard]] static file_descriptor open_device(const char* path, error_code& ec) noexcept;
    /// Takes over an open file of the driver.
    [[nodiscard]] static std::shared_ptr<endpoint> create(const boost::asio::any_io_executor& executor,
                                                          file_descriptor& file, std::shared_ptr<device> driver,
                                                          error_code& ec);

    endpoint(construction_key key, const boost::asio::any_io_executor& executor, std::shared_ptr<device> driver);
    endpoint(const endpoint&) = delete;
    endpoint& operator=(const endpoint&) = delete;
    ~endpoint() = default;

    [[nodiscard]] int native_handle();
    /// Aborts what is pending and closes the file.
    void close(error_code& ec);
    /// Aborts what is pending and gives the file away, in the state in which a fresh one is.
    [[nodiscard]] file_descriptor release();
    /// Aborts what is pending.
    void cancel();
    /// Aborts one operation, if it is pending.
    void cancel(std::uint64_t id);
    /// Destroys what is pending.
    void abandon() noexcept;

    /// Performs a request, waiting as the descriptor's mode says.
    void perform(request& what);
    /// Starts an operation.
    void start(operation_ptr op);

    [[nodiscard]] bool non_blocking() const noexcept { return non_blocking_; }
    void non_blocking(bool mode, error_code& ec);

    [[nodiscard]] bind_result bind(const bind_options& options, error_code& ec);
    void connect(const address& peer, error_code& ec);
    [[nodiscard]] endpoint_status status(error_code& ec) const;
    [[nodiscard]] device_info info(error_code& ec) const;
    [[nodiscard]] space_state space(std::size_t need, const address& destination, error_code& ec) const;
    [[nodiscard]] socket_options options(error_code& ec) const;
    void set_options(const socket_options& options, std::uint32_t which, error_code& ec);
    [[nodiscard]] std::vector<ring_entry> list_rings(error_code& ec) const;
    /// Waits for the descriptor.
    void wait(wait_type type, error_code& ec);

private:
    using lock_type = std::unique_lock<std::mutex>;
    using operations = std::vector<operation_ptr>;

    struct lane_type {
        std::deque<operation_ptr> pending;
        bool armed = false;     // a wait is in the reactor, or its handler on its way
        bool watched = true;    // that wait is for what the first operation needs
        unsigned fruitless = 0; // wakeups in a row that completed nothing
    };
    class waiter;

    void adopt(file_descriptor& file, std::size_t max_batch, error_code& ec);
    [[nodiscard]] request_context context(bool may_wait) const noexcept;
    [[nodiscard]] int control(unsigned long request, void* argument) const noexcept;
    [[nodiscard]] lane_type& lane_of(wait_type type) noexcept { return lanes_.at(static_cast<std::size_t>(type)); }
    [[nodiscard]] bool descriptor_is_open() const noexcept { return fd_ >= 0; }

    // All of these with the mutex held.

    /// Whether a request does not overtake what is pending.
    [[nodiscard]] bool may_start(const lane_type& which, const request& what) const;
    /// Tries what is pending, in order.
    void sweep(lane_type& which, operations& done);
    /// Sees to it that what is pending is tried again in time.
    void settle(wait_type type, operations& done);
    /// Makes "writable" mean what the first operation waits for. False if the driver cannot.
    [[nodiscard]] bool settle_watch(lane_type& which, operations& done);
    [[nodiscard]] watch_fsm::action install(const watch& wanted);
    void arm(wait_type type);
    /// Ends all waits: their handlers will come, and wait again for what is pending then.
    void disarm();
    void arm_timer();
    [[nodiscard]] bool needs_timer() const;
    [[nodiscard]] operations take_all();
    [[nodiscard]] operations abort_all();

    void on_ready(wait_type type, const error_code& ec);
    void on_timer();

    static void complete_all(operations ops, upcall how);

    std::shared_ptr<device> driver_;
    std::size_t max_batch_ = 1;
    int fd_ = -1;
    bool non_blocking_ = false;

    mutable std::mutex mutex_;
    boost::asio::posix::stream_descriptor descriptor_;
    boost::asio::steady_timer timer_;
    bool timer_armed_ = false;
    std::array<lane_type, 3> lanes_;
    watch_fsm watch_;
    address remote_{};
};

} // namespace libargo::detail
