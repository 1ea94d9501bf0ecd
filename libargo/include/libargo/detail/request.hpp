// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include <boost/asio/posix/descriptor_base.hpp>

#include <libargo/detail/device.hpp>
#include <libargo/detail/iovec_list.hpp>
#include <libargo/detail/order_gate.hpp>
#include <libargo/detail/transfer_fsm.hpp>
#include <libargo/detail/watch_fsm.hpp>
#include <libargo/error.hpp>
#include <libargo/message.hpp>
#include <libargo/space.hpp>

namespace libargo::detail {

using wait_type = boost::asio::posix::descriptor_base::wait_type;

/// What a request is performed on.
struct request_context {
    device& driver;
    int fd = -1;
    std::size_t max_batch = 1;
    address remote;        ///< what the default destination is
    bool may_wait = false; ///< the request is tried again later (asynchronous); otherwise the driver does the waiting
};

/// Something that is asked of the driver, and its result. Tried until it does not block.
class request {
public:
    enum class outcome { done, blocked };

    virtual ~request() = default;

    /// Allocates what the attempts need. Called once, before the first of them, where the request stays.
    virtual void prepare() {}
    /// Asks the driver, without waiting if the context says so.
    [[nodiscard]] virtual outcome attempt(const request_context& context) noexcept = 0;
    /// What the descriptor has to be waited for.
    [[nodiscard]] virtual wait_type waits_for() const noexcept = 0;
    /// What it must not overtake.
    [[nodiscard]] virtual ordering order(const request_context&) const noexcept { return {}; }
    /// What "writable" has to mean, after an attempt that blocked.
    [[nodiscard]] virtual watch wanted(const request_context&) const noexcept { return {}; }

    [[nodiscard]] const error_code& error() const noexcept { return error_; }
    /// Ends it without another attempt.
    virtual void fail(const error_code& ec) noexcept { error_ = ec; }

protected:
    request() = default;
    request(const request&) = default;
    request(request&&) = default;
    request& operator=(const request&) = default;
    request& operator=(request&&) = default;

    error_code error_;
};

/// A request that transfers bytes: completes with `void(error_code, std::size_t)`.
class size_request : public request {
public:
    using signature = void(error_code, std::size_t);

    [[nodiscard]] std::tuple<error_code, std::size_t> result() const { return {error_, size_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

protected:
    std::size_t size_ = 0;
};

/// A request with no result: completes with `void(error_code)`.
class plain_request : public request {
public:
    using signature = void(error_code);

    [[nodiscard]] std::tuple<error_code> result() const { return {error_}; }
};

/// Sends one message.
class send_request final : public size_request {
public:
    template <class ConstBufferSequence>
    send_request(const ConstBufferSequence& buffers, const address& destination, message_type type)
        : payload_(buffers), destination_(destination), type_(type) {}

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
class receive_request final : public size_request {
public:
    template <class MutableBufferSequence>
    receive_request(const MutableBufferSequence& buffers, message_info* info, bool peek = false)
        : payload_(buffers), info_(info), peek_(peek) {}

    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return wait_type::wait_read; }
    [[nodiscard]] ordering order(const request_context& context) const noexcept override;

private:
    iovec_list payload_;
    message_info* info_;
    bool peek_;
};

/// The messages of a batch as the driver wants them.
class message_table {
public:
    void add(const iovec_list& payload, const address& addr, message_type type);
    void reserve(std::size_t messages);
    /// The messages from @p first on. They point into this table.
    [[nodiscard]] std::span<argo_msg> from(std::size_t first) noexcept;

private:
    std::vector<argo_msg> messages_;
    std::vector<argo_iovec> vectors_;
    bool placed_ = false;
};

/// Sends several messages.
class send_many_request final : public size_request {
public:
    explicit send_many_request(std::span<const outgoing_message> messages)
        : messages_(messages), course_(messages.size(), transfer_fsm::extent::all) {}

    void prepare() override;
    void fail(const error_code& ec) noexcept override;
    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return wait_type::wait_write; }
    [[nodiscard]] ordering order(const request_context& context) const noexcept override;
    [[nodiscard]] watch wanted(const request_context& context) const noexcept override;

private:
    std::span<const outgoing_message> messages_;
    transfer_fsm course_;
    message_table table_;
};

/// Receives the messages that are there, at least one.
class receive_many_request final : public size_request {
public:
    explicit receive_many_request(std::span<incoming_message> messages)
        : messages_(messages), course_(messages.size(), transfer_fsm::extent::some) {}

    void prepare() override;
    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return wait_type::wait_read; }
    [[nodiscard]] ordering order(const request_context& context) const noexcept override;

private:
    std::span<incoming_message> messages_;
    transfer_fsm course_;
    message_table table_;
};

/// Waits for the descriptor.
class ready_request final : public plain_request {
public:
    explicit ready_request(wait_type type) noexcept : type_(type) {}

    [[nodiscard]] outcome attempt(const request_context& context) noexcept override;
    [[nodiscard]] wait_type waits_for() const noexcept override { return type_; }

private:
    [[nodiscard]] outcome attempt_write(const request_context& context) noexcept;

    wait_type type_;
};

/// Waits until a message of some size fits.
class writable_request final : public plain_request {
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

/// Waits until the receiver has consumed everything.
class drain_request final : public plain_request {
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

/// Asks for the state of a destination.
/// @returns 0 or an errno
[[nodiscard]] int query_space(device& driver, int fd, const watch& what, std::uint32_t flags,
                              space_state& state) noexcept;

/// A destination as the driver wants it.
[[nodiscard]] argo_addr to_kernel(const address& addr) noexcept;
/// A source as the driver gives it.
[[nodiscard]] address from_kernel(const argo_addr& addr) noexcept;
/// An errno as an error_code.
[[nodiscard]] error_code from_errno(int err) noexcept;

} // namespace libargo::detail
