// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <libargo/bind.hpp>
#include <libargo/cable.hpp>
#include <libargo/detail/device.hpp>
#include <libargo/detail/fault.hpp>
#include <libargo/detail/file_descriptor.hpp>
#include <libargo/detail/wait_type.hpp>
#include <libargo/detail/watch_fsm.hpp>
#include <libargo/info.hpp>
#include <libargo/message.hpp>
#include <libargo/options.hpp>
#include <libargo/ring_entry.hpp>
#include <libargo/space.hpp>
#include <libargo/status.hpp>

namespace libargo::detail {

/// The place where an operation waits.
enum class waiting {
    in_driver, ///< the call waits, as the descriptor's mode and timeouts say; a signal ends it (EINTR)
    in_reactor ///< the call does not wait (EAGAIN), and is made again when Asio's reactor reports an event
};

/// Every call to the driver on one open file, with the library's types.
///
/// Only this class knows the ioctls and fills their structs. A call that does not wait is repeated when a signal
/// interrupts it. The file is not owned. Functions fail with errnos where nothing else is said.
class driver {
public:
    explicit driver(std::shared_ptr<device> calls) noexcept : device_(std::move(calls)) {}

    /// Opens a device file.
    /// @param failed set to `error::no_device` or another error of open(2), or cleared
    [[nodiscard]] static file_descriptor open(const char* path, fault& failed) noexcept;

    /// Uses a file from now on, if it is one of the driver and the driver knows this library's ABI.
    /// @param failed set to `error::not_an_argo_device`, `error::abi_mismatch` or another error, or cleared
    void attach(int fd, fault& failed) noexcept;
    /// Uses no file from now on.
    /// @returns the file that was used, or -1
    int detach() noexcept { return std::exchange(fd_, -1); }

    /// The file, or -1.
    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] bool is_attached() const noexcept { return fd_ >= 0; }
    /// Most messages of one call.
    [[nodiscard]] std::size_t max_batch() const noexcept { return max_batch_; }

    /// Whether this object found or set O_NONBLOCK on the file.
    [[nodiscard]] bool non_blocking() const noexcept { return non_blocking_; }
    /// Sets or clears O_NONBLOCK.
    void non_blocking(bool mode, fault& failed) noexcept;

    [[nodiscard]] bind_result bind(const bind_options& options, fault& failed) const noexcept;
    void connect(const address& peer, fault& failed) const noexcept;
    [[nodiscard]] endpoint_status status(fault& failed) const noexcept;
    [[nodiscard]] device_info info(fault& failed) const;
    [[nodiscard]] socket_options options(fault& failed) const noexcept;
    /// @param which ARGO_OPT_* of the options that are set; the others stay
    void set_options(const socket_options& options, std::uint32_t which, fault& failed) const noexcept;
    [[nodiscard]] std::vector<ring_entry> list_rings(fault& failed) const;
    void add_cable(const cable& added, fault& failed) const noexcept;
    void remove_cable(const address& source, fault& failed) const noexcept;
    [[nodiscard]] std::vector<cable> list_cables(fault& failed) const;

    /// The result of a transfer of messages.
    struct transferred {
        int err = 0;           ///< 0 or an errno
        std::size_t count = 0; ///< messages that were transferred, if `err` is 0
    };
    /// Sends messages, at most `max_batch()`.
    [[nodiscard]] transferred send(std::span<argo_msg> messages, waiting where) const noexcept;
    /// Receives messages, at most `max_batch()`.
    [[nodiscard]] transferred receive(std::span<argo_msg> messages, waiting where) const noexcept;
    /// Receives one message and leaves it in the ring.
    [[nodiscard]] transferred peek(argo_msg& message, waiting where) const noexcept;

    /// The state of a destination now.
    [[nodiscard]] space_state query_space(const watch& what, fault& failed) const noexcept;
    /// The state of a destination now; from then on "writable" means that @p what fits there.
    [[nodiscard]] space_state watch_space(const watch& what, fault& failed) const noexcept;
    /// Waits until @p what fits. @param timeout longest wait in the driver, 0 for no limit
    void wait_for_space(const watch& what, std::chrono::nanoseconds timeout, waiting where,
                        fault& failed) const noexcept;
    /// Waits until the destination's ring is empty. @param timeout longest wait in the driver, 0 for no limit
    void wait_for_drain(const address& destination, std::chrono::nanoseconds timeout, waiting where,
                        fault& failed) const noexcept;

    /// poll(2): waits for an event.
    void wait(wait_type what, fault& failed) const noexcept;
    /// poll(2): whether an event, an error or a hang-up is there now.
    [[nodiscard]] bool is_ready(wait_type what) const noexcept;

private:
    void check(fault& failed) noexcept;
    [[nodiscard]] int control(unsigned long request, void* argument, waiting where) const noexcept;
    [[nodiscard]] fault ask(unsigned long request, void* argument) const noexcept;
    [[nodiscard]] transferred transfer(unsigned long direction, std::span<argo_msg> messages, std::uint32_t flags,
                                       waiting where) const noexcept;
    [[nodiscard]] space_state space(const watch& what, std::uint32_t flags, fault& failed) const noexcept;
    void wait(const watch& what, std::uint32_t flags, std::chrono::nanoseconds timeout, waiting where,
              fault& failed) const noexcept;

    std::shared_ptr<device> device_;
    std::size_t max_batch_ = 1;
    int fd_ = -1;
    bool non_blocking_ = false;
};

/// A message in the driver's form. It refers to the vectors and to the payload.
[[nodiscard]] argo_msg to_message(std::span<const argo_iovec> payload, const address& addr, message_type type) noexcept;
/// The properties of a received message, as the driver gave them.
[[nodiscard]] message_info to_info(const argo_msg& message) noexcept;
/// A pointer in the driver's form.
[[nodiscard]] std::uint64_t to_user_pointer(const void* pointer) noexcept;
/// A size as the driver's 32 bits. A larger one becomes the largest, which fits into no ring either.
[[nodiscard]] std::uint32_t clamp(std::size_t size) noexcept;

} // namespace libargo::detail
