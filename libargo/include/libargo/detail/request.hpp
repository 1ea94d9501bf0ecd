// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <libargo/detail/driver.hpp>
#include <libargo/detail/fault.hpp>
#include <libargo/detail/iovec_list.hpp>
#include <libargo/detail/message_table.hpp>
#include <libargo/detail/order_gate.hpp>
#include <libargo/detail/transfer_fsm.hpp>
#include <libargo/detail/watch_fsm.hpp>
#include <libargo/message.hpp>
#include <libargo/space.hpp>

namespace libargo::detail {

/// What a request is performed on.
struct request_context {
    const driver& file;
    address remote; ///< the address for which the default destination stands
    waiting where = waiting::in_driver;

    [[nodiscard]] bool is_asynchronous() const noexcept { return where == waiting::in_reactor; }
};

/// A question to the driver and its answer. It is attempted until an attempt does not block.
class request {
public:
    enum class outcome { done, blocked };

    virtual ~request() = default;

    /// Allocates the memory of the attempts. Called once before the first attempt; the request is not moved afterwards.
    virtual void prepare() {}
    /// Asks the driver. `blocked` is an outcome of asynchronous requests only.
    [[nodiscard]] virtual outcome attempt(const request_context& context) noexcept = 0;
    /// The event of the descriptor after which another attempt can succeed.
    [[nodiscard]] virtual wait_type waits_for() const noexcept = 0;
    /// The operations that this one must not overtake.
    [[nodiscard]] virtual ordering order(const request_context&) const noexcept { return {}; }
    /// The meaning of "writable" for which this request waits, after an attempt that blocked.
    [[nodiscard]] virtual watch wanted(const request_context&) const noexcept { return {}; }

    [[nodiscard]] const fault& error() const noexcept { return error_; }
    /// Ends the request without another attempt.
    virtual void fail(const fault& why) noexcept { error_ = why; }

protected:
    request() = default;
    request(const request&) = default;
    request(request&&) = default;
    request& operator=(const request&) = default;
    request& operator=(request&&) = default;

    fault error_;
};

/// A request that transfers bytes: completes with `void(error_code, std::size_t)`.
class size_request : public request {
public:
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

protected:
    std::size_t size_ = 0;
};

/// A request with no result: completes with `void(error_code)`.
class plain_request : public request {};

/// Sends one message.
class __attribute__((visibility("default"))) send_request final : public size_request {
public:
    send_request(iovec_list payload, const address& destination, message_type type) noexcept
        : payload_(std::move(payload)), destination_(destination), type_(type) {}

    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return wait_type::wait_write; }
    [[nodiscard]] ordering order(const request_context& context) const noexcept override;
    [[nodiscard]] watch wanted(const request_context& context) const noexcept override;

private:
    iovec_list payload_;
    address destination_;
    message_type type_;
};

/// Receives one message.
class __attribute__((visibility("default"))) receive_request final : public size_request {
public:
    receive_request(iovec_list payload, message_info* info, bool peek = false) noexcept
        : payload_(std::move(payload)), info_(info), peek_(peek) {}

    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return wait_type::wait_read; }
    [[nodiscard]] ordering order(const request_context& context) const noexcept override;

private:
    iovec_list payload_;
    message_info* info_;
    bool peek_;
};

/// Sends several messages, which prepare() of a derived class puts into the table.
class __attribute__((visibility("default"))) send_many_request : public size_request {
public:
    explicit send_many_request(std::size_t messages) noexcept : course_(messages, transfer_fsm::extent::all) {}

    void fail(const fault& why) noexcept override;
    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return wait_type::wait_write; }
    [[nodiscard]] ordering order(const request_context& context) const noexcept override;
    [[nodiscard]] watch wanted(const request_context& context) const noexcept override;

protected:
    message_table table_;

private:
    transfer_fsm course_;
};

/// Receives the messages that are in the ring, and waits for the first one. prepare() of a derived class puts the
/// buffers into the table.
class __attribute__((visibility("default"))) receive_many_request : public size_request {
public:
    explicit receive_many_request(std::size_t messages) noexcept : course_(messages, transfer_fsm::extent::some) {}

    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return wait_type::wait_read; }
    [[nodiscard]] ordering order(const request_context& context) const noexcept override;

protected:
    message_table table_;

private:
    /// Keeps the properties of a received message.
    virtual void store(std::size_t index, const message_info& info) noexcept = 0;

    transfer_fsm course_;
};

/// Waits for an event of the descriptor.
class __attribute__((visibility("default"))) ready_request final : public plain_request {
public:
    explicit ready_request(wait_type type) noexcept : type_(type) {}

    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return type_; }

private:
    [[nodiscard]] static bool is_writable(const request_context& context) noexcept;

    wait_type type_;
};

/// Waits until a message of some size fits.
class __attribute__((visibility("default"))) writable_request final : public plain_request {
public:
    writable_request(std::size_t need, const address& destination, std::chrono::nanoseconds timeout = {}) noexcept
        : need_(need), destination_(destination), timeout_(timeout) {}

    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return wait_type::wait_write; }
    [[nodiscard]] watch wanted(const request_context& context) const noexcept override;

private:
    std::size_t need_;
    address destination_;
    std::chrono::nanoseconds timeout_;
};

/// Waits until the receiver has consumed all messages in its ring.
class __attribute__((visibility("default"))) drain_request final : public plain_request {
public:
    explicit drain_request(const address& destination, std::chrono::nanoseconds timeout = {}) noexcept
        : destination_(destination), timeout_(timeout) {}

    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return wait_type::wait_write; }
    [[nodiscard]] watch wanted(const request_context& context) const noexcept override;

private:
    address destination_;
    std::chrono::nanoseconds timeout_;
    std::uint32_t largest_ = 0;
};

} // namespace libargo::detail
