// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/descriptor_base.hpp>

#include <libargo/address.hpp>
#include <libargo/batch.hpp>
#include <libargo/bind.hpp>
#include <libargo/cable.hpp>
#include <libargo/detail/asio_reactor.hpp>
#include <libargo/detail/async_operation.hpp>
#include <libargo/detail/buffers.hpp>
#include <libargo/detail/endpoint.hpp>
#include <libargo/error.hpp>
#include <libargo/info.hpp>
#include <libargo/message.hpp>
#include <libargo/options.hpp>
#include <libargo/ring_entry.hpp>
#include <libargo/space.hpp>
#include <libargo/status.hpp>
#include <libargo/stop_token.hpp>

namespace libargo {

/// The device that `open` opens.
inline constexpr const char* default_device = "/dev/argo";

template <class Executor> class basic_socket;

namespace detail {

struct socket_access;

/// A completion token; a message type or an address is none.
template <class Token>
concept completion_token =
    !std::same_as<std::remove_cvref_t<Token>, message_type> && !std::same_as<std::remove_cvref_t<Token>, address>;

/// A type that has an executor and is none itself.
template <class Context>
concept execution_context = std::convertible_to<Context&, boost::asio::execution_context&>;

/// The completion token of an operation whose caller gave none.
template <class Executor> using default_token_t = typename boost::asio::default_completion_token<Executor>::type;

} // namespace detail

/// A socket for messages between domains: an Asio I/O object over /dev/argo.
///
/// A socket is bound to one receive ring (`bind`), may have a default destination (`connect`), and sends to any
/// address. Messages keep their boundaries, and their order between one sender and one ring.
///
/// **Three forms.** Each operation comes in a throwing form, a form with an `error_code&` last, and, where it may wait,
/// an `async_` form with any completion token (callbacks, `use_future`, `use_awaitable`, `deferred`...). The throwing
/// form throws `boost::system::system_error` with the error that the second form reports.
///
/// **Errors.** The kernel's errors are in `boost::system::system_category()`; docs/errors.md lists them, and
/// `libargo::meaning` and `libargo::advice` return their meaning and remedy. An error that no errno stands for is a
/// `libargo::error`. An operation on a socket that is not open fails with `boost::asio::error::bad_descriptor`. An
/// asynchronous operation that was cancelled ends with `boost::asio::error::operation_aborted`. A synchronous operation
/// that a signal interrupts before anything was done fails with `boost::asio::error::interrupted`, so that the program
/// can act on the signal; after a signal whose handler has SA_RESTART the operation goes on.
///
/// **Buffers.** The library copies no payload. A message has at most `device_info::max_buffers` buffers; a send or
/// receive with more fails with `errc::invalid_argument`. The buffers and their memory must stay valid until the
/// operation completes.
///
/// **Waiting.** Synchronous operations wait in the kernel, for at most the time set with `send_timeout` or
/// `receive_timeout` (`errc::timed_out`), or not at all on a socket that is `non_blocking`
/// (`boost::asio::error::would_block`). Asynchronous ones never block, whatever that mode, and have no timeout: cancel
/// them from a timer.
///
/// **Order.** Asynchronous receives complete in the order in which they were started, and so do asynchronous sends to
/// one destination. A send to another destination overtakes a send that waits for space. The descriptor has one watch
/// at a time, for the send that has waited longest; sends that wait for other destinations are tried every few
/// milliseconds. Synchronous operations do not queue behind asynchronous ones.
///
/// **Handlers** are called through their associated executor, never from within the function that starts or cancels an
/// operation. Operations are allocated with the handler's associated allocator.
///
/// **Cancellation** leaves no trace: an operation that ends with `operation_aborted` has sent or received nothing (a
/// `send_many` that had begun ends with success and its count). `cancel()`, `close()`, `release()` and the destructor
/// abort all; `bind_stop_token` makes one operation stoppable with any Boost, and since Boost 1.77 the associated
/// cancellation slot is honoured, for the types terminal, partial and total.
///
/// **Thread safety.** Distinct objects: safe. One object: unsafe, as with Asio's own sockets; the executors of the
/// handlers may be different ones in different threads. Requesting a stop of a stop source is safe from any thread.
template <class Executor = boost::asio::any_io_executor>
class basic_socket : public boost::asio::posix::descriptor_base {
public:
    /// The executor of the socket.
    using executor_type = Executor;
    /// A file descriptor of the driver.
    using native_handle_type = int;

    /// The socket type with another executor, and so with another default completion token.
    template <class OtherExecutor> struct rebind_executor { using other = basic_socket<OtherExecutor>; };

    /// @name Life
    /// @{

    /// A socket that is not open.
    // NOLINTNEXTLINE(modernize-pass-by-value): as Asio's
    explicit basic_socket(const executor_type& executor) : executor_(executor) {}

    /// A socket that is not open, on the executor of a context (`io_context`).
    template <detail::execution_context ExecutionContext>
    explicit basic_socket(ExecutionContext& context) : executor_(context.get_executor()) {}

    /// A socket for an open file of the driver, see `assign`.
    basic_socket(const executor_type& executor, native_handle_type handle) : executor_(executor) { assign(handle); }

    /// Likewise, on the executor of a context.
    template <detail::execution_context ExecutionContext>
    basic_socket(ExecutionContext& context, native_handle_type handle) : basic_socket(context) {
        assign(handle);
    }

    /// Takes over another socket with its pending operations. The other one is not open afterwards, and usable.
    basic_socket(basic_socket&& other) noexcept
        // NOLINTNEXTLINE(performance-move-constructor-init): the other one keeps its executor
        : executor_(other.executor_), endpoint_(std::exchange(other.endpoint_, nullptr)) {}

    /// Takes over a socket with another type of executor.
    template <std::convertible_to<Executor> OtherExecutor>
    basic_socket(basic_socket<OtherExecutor>&& other) // NOLINT(google-explicit-constructor): as Asio's
        : executor_(other.executor_), endpoint_(std::exchange(other.endpoint_, nullptr)) {}

    /// Closes this socket, then takes over the other one.
    // NOLINTNEXTLINE(performance-noexcept-move-constructor): closing allocates to post handlers
    basic_socket& operator=(basic_socket&& other) {
        if (this != &other) {
            basic_socket moved(std::move(other));
            std::swap(executor_, moved.executor_);
            std::swap(endpoint_, moved.endpoint_);
        }
        return *this;
    }

    /// Closes this socket, then takes over one with another type of executor.
    template <std::convertible_to<Executor> OtherExecutor>
    basic_socket& operator=(basic_socket<OtherExecutor>&& other) {
        *this = basic_socket(std::move(other));
        return *this;
    }

    basic_socket(const basic_socket&) = delete;
    basic_socket& operator=(const basic_socket&) = delete;

    /// Closes the socket. Pending operations end with `operation_aborted`; their handlers are called later.
    ~basic_socket() {
        error_code ignored;
        close(ignored);
    }

    /// The executor of the socket.
    [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }

    /// Opens the device.
    ///
    /// Errors: `boost::asio::error::already_open`; `error::no_device`; `error::not_an_argo_device`;
    /// `error::abi_mismatch`; `errc::permission_denied` (the user is not in the device's group); others of
    /// open(2).
    ///
    /// @param device path of the device
    void open(const std::string& device = default_device) {
        error_code ec;
        open(device, ec);
        raise(ec, "argo open");
    }
    /// As above.
    void open(const std::string& device, error_code& ec) {
        ec = is_open() ? boost::asio::error::already_open : error_code();
        if (!ec) {
            if (auto file = detail::endpoint::open_device(device.c_str(), detail::fault_of(ec)); !ec) {
                adopt(file, detail::system_device(), ec);
            }
        }
    }
    /// Opens /dev/argo.
    void open(error_code& ec) { open(default_device, ec); }

    /// Takes over an open file of the driver, which may be bound and connected. It keeps its blocking mode.
    ///
    /// Errors: `boost::asio::error::already_open`; `error::not_an_argo_device`; `error::abi_mismatch`;
    /// `bad_descriptor`. On error the handle stays the caller's.
    void assign(native_handle_type handle) {
        error_code ec;
        assign(handle, ec);
        raise(ec, "argo assign");
    }
    /// As above.
    void assign(native_handle_type handle, error_code& ec) {
        detail::file_descriptor file(handle);
        adopt(file, detail::system_device(), ec);
        static_cast<void>(file.release());
    }

    /// Gives the open file to the caller. Pending operations end with `operation_aborted`.
    /// @returns the file, which is the caller's to close; -1 if the socket is not open
    [[nodiscard]] native_handle_type release() {
        return endpoint_ == nullptr ? -1 : std::exchange(endpoint_, nullptr)->release().release();
    }

    /// Closes the socket. Its ring is removed, and the unread messages in it are lost. Pending operations end with
    /// `operation_aborted`. Closing a socket that is not open is no error. After an error of close(2) the socket is
    /// closed, too.
    void close() {
        error_code ec;
        close(ec);
        raise(ec, "argo close");
    }
    /// As above.
    void close(error_code& ec) {
        ec.clear();
        if (const auto closing = std::exchange(endpoint_, nullptr)) {
            closing->close(detail::fault_of(ec));
        }
    }

    /// Ends all pending operations with `operation_aborted`. Their handlers are called later, not in here.
    void cancel() {
        error_code ec;
        cancel(ec);
        raise(ec, "argo cancel");
    }
    /// As above. The only error is `bad_descriptor`.
    void cancel(error_code& ec) {
        if (require_open(ec)) {
            endpoint_->cancel();
        }
    }

    /// Whether the socket is open.
    [[nodiscard]] bool is_open() const noexcept { return endpoint_ != nullptr; }

    /// The file descriptor, -1 if the socket is not open. read(2), write(2) and the ioctls of <linux/argo.h> work on
    /// it, except ARGO_SPACE_WATCH, which the socket uses itself.
    [[nodiscard]] native_handle_type native_handle() { return endpoint_ == nullptr ? -1 : endpoint_->native_handle(); }

    /// Whether synchronous operations fail with `would_block` where they would wait.
    [[nodiscard]] bool non_blocking() const noexcept { return endpoint_ != nullptr && endpoint_->non_blocking(); }

    /// Sets whether synchronous operations fail with `would_block` where they would wait. The mode is O_NONBLOCK of the
    /// file, which duplicates of the descriptor share. Asynchronous operations neither change the mode nor depend on
    /// it.
    void non_blocking(bool mode) {
        error_code ec;
        non_blocking(mode, ec);
        raise(ec, "argo non_blocking");
    }
    /// As above.
    void non_blocking(bool mode, error_code& ec) {
        if (require_open(ec)) {
            endpoint_->non_blocking(mode, detail::fault_of(ec));
        }
    }

    /// @}
    /// @name Addresses
    /// @{

    /// Gives the socket its receive ring.
    ///
    /// Errors: `errc::permission_denied` (a port below 1024 without CAP_NET_BIND_SERVICE);
    /// `errc::operation_not_permitted` (a ring for any domain, and the hypervisor's policy is one partner);
    /// `errc::address_in_use`; `errc::already_connected` (bound already); `errc::invalid_argument` (a ring
    /// larger than `device_info::max_ring_size`); `errc::no_space_on_device` (no more rings for this domain);
    /// `errc::not_enough_memory`; `errc::no_such_device` (Argo is off in the hypervisor).
    ///
    /// @returns what was bound: the port that was chosen, the size of the ring, the largest message
    bind_result bind(const bind_options& options = {}) {
        error_code ec;
        auto result = bind(options, ec);
        raise(ec, "argo bind");
        return result;
    }
    /// As above.
    bind_result bind(const bind_options& options, error_code& ec) {
        return require_open(ec) ? endpoint_->bind(options, detail::fault_of(ec)) : bind_result{};
    }

    /// Sets the default destination. From then on only messages from that address are received. A socket that is not
    /// bound gets an ephemeral port. The destination need not have a ring yet; the call never waits.
    ///
    /// Errors: as `bind` for a socket that is not bound; `errc::invalid_argument`.
    void connect(const address& peer) {
        error_code ec;
        connect(peer, ec);
        raise(ec, "argo connect");
    }
    /// As above.
    void connect(const address& peer, error_code& ec) {
        if (require_open(ec)) {
            endpoint_->connect(peer, detail::fault_of(ec));
        }
    }

    /// Clears the default destination: messages from all domains that may send to this socket are received.
    void disconnect() {
        error_code ec;
        disconnect(ec);
        raise(ec, "argo disconnect");
    }
    /// As above.
    void disconnect(error_code& ec) { connect(default_destination, ec); }

    /// The own address. Its port is `port_any` if the socket is not bound.
    [[nodiscard]] address local_address() const { return status().local; }
    /// As above.
    [[nodiscard]] address local_address(error_code& ec) const { return status(ec).local; }

    /// The default destination; `default_destination` if there is none.
    [[nodiscard]] address remote_address() const { return status().remote; }
    /// As above.
    [[nodiscard]] address remote_address(error_code& ec) const { return status(ec).remote; }

    /// @}
    /// @name State
    /// @{

    /// The state of the socket.
    [[nodiscard]] endpoint_status status() const {
        error_code ec;
        auto result = status(ec);
        raise(ec, "argo status");
        return result;
    }
    /// As above.
    [[nodiscard]] endpoint_status status(error_code& ec) const {
        return require_open(ec) ? endpoint_->status(detail::fault_of(ec)) : endpoint_status{};
    }

    /// The driver, the hypervisor, and their limits.
    [[nodiscard]] device_info info() const {
        error_code ec;
        auto result = info(ec);
        raise(ec, "argo info");
        return result;
    }
    /// As above.
    [[nodiscard]] device_info info(error_code& ec) const {
        return require_open(ec) ? endpoint_->info(detail::fault_of(ec)) : device_info{};
    }

    /// The rings of this domain; without CAP_NET_ADMIN, the rings of the calling user.
    [[nodiscard]] std::vector<ring_entry> list_rings() const {
        error_code ec;
        auto result = list_rings(ec);
        raise(ec, "argo list_rings");
        return result;
    }
    /// As above.
    [[nodiscard]] std::vector<ring_entry> list_rings(error_code& ec) const {
        return require_open(ec) ? endpoint_->list_rings(detail::fault_of(ec)) : std::vector<ring_entry>{};
    }

    /// @}
    /// @name Cables
    /// For toolstacks: these need CAP_SYS_ADMIN in domain 0, or in a domain that the hypervisor's policy allows to
    /// plug cables, and a hypervisor that has cables. They do not concern the socket.
    /// @{

    /// Plugs a cable. It ends with either of its domains.
    ///
    /// @throws boost::system::system_error `errc::file_exists` (the port has one), `errc::no_space_on_device` (the
    /// source's domain has all cables that it may have), `errc::host_unreachable` (no such domain),
    /// `errc::operation_not_supported` (the hypervisor has no cables), `errc::operation_not_permitted`
    void add_cable(const cable& added) const {
        error_code ec;
        add_cable(added, ec);
        raise(ec, "argo add_cable");
    }
    /// As above.
    void add_cable(const cable& added, error_code& ec) const {
        if (require_open(ec)) {
            endpoint_->add_cable(added, detail::fault_of(ec));
        }
    }

    /// Unplugs the cable of a domain's port.
    ///
    /// @throws boost::system::system_error as `add_cable`, or `errc::no_such_file_or_directory` (the port has none)
    void remove_cable(const address& source) const {
        error_code ec;
        remove_cable(source, ec);
        raise(ec, "argo remove_cable");
    }
    /// As above.
    void remove_cable(const address& source, error_code& ec) const {
        if (require_open(ec)) {
            endpoint_->remove_cable(source, detail::fault_of(ec));
        }
    }

    /// The cables of all domains.
    [[nodiscard]] std::vector<cable> list_cables() const {
        error_code ec;
        auto result = list_cables(ec);
        raise(ec, "argo list_cables");
        return result;
    }
    /// As above.
    [[nodiscard]] std::vector<cable> list_cables(error_code& ec) const {
        return require_open(ec) ? endpoint_->list_cables(detail::fault_of(ec)) : std::vector<cable>{};
    }

    /// @}
    /// @name Settings
    /// @{

    /// The settings of the socket.
    [[nodiscard]] socket_options options() const {
        error_code ec;
        auto result = options(ec);
        raise(ec, "argo options");
        return result;
    }
    /// As above.
    [[nodiscard]] socket_options options(error_code& ec) const {
        return require_open(ec) ? endpoint_->options(detail::fault_of(ec)) : socket_options{};
    }

    /// Sets all settings of the socket. Errors: `errc::invalid_argument`.
    void options(const socket_options& values) {
        error_code ec;
        options(values, ec);
        raise(ec, "argo options");
    }
    /// As above.
    void options(const socket_options& values, error_code& ec) {
        set_options(values, ARGO_OPT_SEND_LOWAT | ARGO_OPT_TYPE | ARGO_OPT_SEND_TIMEOUT | ARGO_OPT_RECV_TIMEOUT, ec);
    }

    /// Sets the number of payload bytes that must fit at the default destination for the socket to be writable. It
    /// holds for `wait_write`, and for poll(2) on the native handle.
    void send_low_water_mark(std::size_t bytes) { set({.send_low_water_mark = bytes}, ARGO_OPT_SEND_LOWAT); }
    /// Sets the longest wait of synchronous sends; 0 is no limit.
    void send_timeout(std::chrono::nanoseconds timeout) { set({.send_timeout = timeout}, ARGO_OPT_SEND_TIMEOUT); }
    /// Sets the longest wait of synchronous receives; 0 is no limit.
    void receive_timeout(std::chrono::nanoseconds timeout) { set({.receive_timeout = timeout}, ARGO_OPT_RECV_TIMEOUT); }
    /// Sets the type of messages that write(2) on the native handle sends.
    void type(message_type value) { set({.type = value}, ARGO_OPT_TYPE); }

    /// @}
    /// @name Sending
    ///
    /// A message is sent as a whole or not at all. Errors: `errc::not_connected` (no destination);
    /// `errc::host_unreachable`, `errc::connection_refused` (no such domain, or no ring there for us);
    /// `errc::broken_pipe` (the default destination had a ring, and it has gone); `errc::connection_reset`
    /// (this domain was restored); `errc::message_size`; `errc::permission_denied` (the hypervisor's policy);
    /// `errc::timed_out`; `would_block`; `interrupted`; `errc::bad_message` (the own ring is out of use);
    /// `errc::not_enough_memory`.
    /// @{

    /// Sends one message to the default destination.
    /// @param buffers the payload, a ConstBufferSequence
    /// @param type the message's type
    /// @returns its size in bytes
    template <class ConstBufferSequence> std::size_t send(const ConstBufferSequence& buffers, message_type type = {}) {
        return send_to(buffers, default_destination, type);
    }
    /// As above.
    template <class ConstBufferSequence> std::size_t send(const ConstBufferSequence& buffers, error_code& ec) {
        return send_to(buffers, default_destination, message_type{}, ec);
    }
    /// As above.
    template <class ConstBufferSequence>
    std::size_t send(const ConstBufferSequence& buffers, message_type type, error_code& ec) {
        return send_to(buffers, default_destination, type, ec);
    }

    /// Sends one message to an address.
    /// @param buffers the payload, a ConstBufferSequence
    /// @param destination the address
    /// @param type the message's type
    /// @returns its size in bytes
    template <class ConstBufferSequence>
    std::size_t send_to(const ConstBufferSequence& buffers, const address& destination, message_type type = {}) {
        error_code ec;
        const auto size = send_to(buffers, destination, type, ec);
        raise(ec, "argo send");
        return size;
    }
    /// As above.
    template <class ConstBufferSequence>
    std::size_t send_to(const ConstBufferSequence& buffers, const address& destination, error_code& ec) {
        return send_to(buffers, destination, message_type{}, ec);
    }
    /// As above.
    template <class ConstBufferSequence>
    std::size_t send_to(const ConstBufferSequence& buffers, const address& destination, message_type type,
                        error_code& ec) {
        detail::send_request request(detail::to_iovecs(buffers), destination, type);
        perform(request, ec);
        return request.size();
    }

    /// Sends one message to the default destination.
    ///
    /// Completion: `void(error_code, std::size_t)`, with the message's size. Cancellation: total.
    template <class ConstBufferSequence, detail::completion_token Token = detail::default_token_t<Executor>>
    auto async_send(const ConstBufferSequence& buffers, Token&& token = Token()) {
        return async_send_to(buffers, default_destination, message_type{}, std::forward<Token>(token));
    }
    /// Likewise, with a type.
    template <class ConstBufferSequence, detail::completion_token Token = detail::default_token_t<Executor>>
    auto async_send(const ConstBufferSequence& buffers, message_type type, Token&& token = Token()) {
        return async_send_to(buffers, default_destination, type, std::forward<Token>(token));
    }

    /// Sends one message to an address.
    ///
    /// Completion: `void(error_code, std::size_t)`, with the message's size. Cancellation: total.
    template <class ConstBufferSequence, detail::completion_token Token = detail::default_token_t<Executor>>
    auto async_send_to(const ConstBufferSequence& buffers, const address& destination, Token&& token = Token()) {
        return async_send_to(buffers, destination, message_type{}, std::forward<Token>(token));
    }
    /// Likewise, with a type.
    template <class ConstBufferSequence, detail::completion_token Token = detail::default_token_t<Executor>>
    auto async_send_to(const ConstBufferSequence& buffers, const address& destination, message_type type,
                       Token&& token = Token()) {
        return initiate(detail::send_request(detail::to_iovecs(buffers), destination, type), buffers, token);
    }

    /// Sends several messages, with as few calls to the kernel as possible.
    ///
    /// The call waits for space until all messages are sent. When an error (or a timeout, or a full ring on a
    /// non-blocking socket) stops it after the first message, the call succeeds with the number of messages that were
    /// sent. Sending the rest reports the error again if its cause remains.
    ///
    /// @param messages the messages
    /// @returns the number of messages that were sent
    std::size_t send_many(std::span<const outgoing_message> messages) {
        error_code ec;
        const auto count = send_many(messages, ec);
        raise(ec, "argo send");
        return count;
    }
    /// As above.
    std::size_t send_many(std::span<const outgoing_message> messages, error_code& ec) {
        detail::send_messages request(messages);
        perform(request, ec);
        return request.size();
    }

    /// Sends several messages, likewise. @p messages and the memory to which they refer must stay valid until
    /// completion.
    ///
    /// Completion: `void(error_code, std::size_t)`, with the number of messages that were sent. Cancellation: total; an
    /// operation that has sent some messages ends with success and their number.
    template <class Token = detail::default_token_t<Executor>>
    auto async_send_many(std::span<const outgoing_message> messages, Token&& token = Token()) {
        return initiate(detail::send_messages(messages), detail::no_buffers{}, token);
    }

    /// @}
    /// @name Receiving
    ///
    /// Errors: `errc::not_connected` (not bound); `errc::connection_reset` (the default destination's ring has gone,
    /// and all messages from it were received; or this domain was restored); `errc::timed_out`; `would_block`;
    /// `interrupted`; `errc::bad_message` (the ring is out of use).
    /// @{

    /// Receives one message.
    ///
    /// Further error: `error::message_truncated`: the message was longer than the buffers. The buffers hold its
    /// beginning; the rest is lost.
    ///
    /// @param buffers where the payload goes, a MutableBufferSequence
    /// @returns payload bytes in the buffers; 0 is a message without payload
    template <class MutableBufferSequence> std::size_t receive(const MutableBufferSequence& buffers) {
        error_code ec;
        const auto size = receive(buffers, ec);
        raise(ec, "argo receive");
        return size;
    }
    /// As above.
    template <class MutableBufferSequence> std::size_t receive(const MutableBufferSequence& buffers, error_code& ec) {
        detail::receive_request request(detail::to_iovecs(buffers), nullptr);
        perform(request, ec);
        return request.size();
    }

    /// Receives one message and its sender's address. A truncated message is no error: @p info says so.
    ///
    /// @param buffers where the payload goes, a MutableBufferSequence
    /// @param info set to the source, the type and the full size of the message
    /// @returns payload bytes in the buffers
    template <class MutableBufferSequence>
    std::size_t receive_from(const MutableBufferSequence& buffers, message_info& info) {
        error_code ec;
        const auto size = receive_from(buffers, info, ec);
        raise(ec, "argo receive");
        return size;
    }
    /// As above.
    template <class MutableBufferSequence>
    std::size_t receive_from(const MutableBufferSequence& buffers, message_info& info, error_code& ec) {
        detail::receive_request request(detail::to_iovecs(buffers), &info);
        perform(request, ec);
        return request.size();
    }

    /// Reads the next message as `receive_from` does, and leaves it in the ring. `async_wait(wait_read)` waits for the
    /// message without blocking.
    template <class MutableBufferSequence>
    std::size_t peek_from(const MutableBufferSequence& buffers, message_info& info) {
        error_code ec;
        const auto size = peek_from(buffers, info, ec);
        raise(ec, "argo peek");
        return size;
    }
    /// As above.
    template <class MutableBufferSequence>
    std::size_t peek_from(const MutableBufferSequence& buffers, message_info& info, error_code& ec) {
        detail::receive_request request(detail::to_iovecs(buffers), &info, true);
        perform(request, ec);
        return request.size();
    }

    /// Receives one message.
    ///
    /// Completion: `void(error_code, std::size_t)`, with the payload bytes in the buffers, also with
    /// `error::message_truncated`. Cancellation: total.
    template <class MutableBufferSequence, detail::completion_token Token = detail::default_token_t<Executor>>
    auto async_receive(const MutableBufferSequence& buffers, Token&& token = Token()) {
        return initiate(detail::receive_request(detail::to_iovecs(buffers), nullptr), buffers, token);
    }

    /// Receives one message and its sender's address. @p info must stay valid until completion.
    ///
    /// Completion: `void(error_code, std::size_t)`, with the payload bytes in the buffers. Cancellation: total.
    template <class MutableBufferSequence, detail::completion_token Token = detail::default_token_t<Executor>>
    auto async_receive_from(const MutableBufferSequence& buffers, message_info& info, Token&& token = Token()) {
        return initiate(detail::receive_request(detail::to_iovecs(buffers), &info), buffers, token);
    }

    /// Receives the messages that are in the ring, with one call to the kernel, and waits for the first one. The `info`
    /// of each message says whether the message was truncated.
    ///
    /// @param messages receive buffers; at most the first `device_info::max_batch` are used
    /// @returns the number of messages that were received
    std::size_t receive_many(std::span<incoming_message> messages) {
        error_code ec;
        const auto count = receive_many(messages, ec);
        raise(ec, "argo receive");
        return count;
    }
    /// As above.
    std::size_t receive_many(std::span<incoming_message> messages, error_code& ec) {
        detail::receive_messages request(messages);
        perform(request, ec);
        return request.size();
    }

    /// Receives the messages that are in the ring, likewise. @p messages and the memory to which they refer must stay
    /// valid until completion.
    ///
    /// Completion: `void(error_code, std::size_t)`, with the number of messages that were received. Cancellation:
    /// total.
    template <class Token = detail::default_token_t<Executor>>
    auto async_receive_many(std::span<incoming_message> messages, Token&& token = Token()) {
        return initiate(detail::receive_messages(messages), detail::no_buffers{}, token);
    }

    /// @}
    /// @name Space
    /// @{

    /// The state of a destination's ring, with respect to a message of @p need bytes. A ring that is absent or too
    /// small is no error: the result says so.
    ///
    /// Errors: `errc::not_connected` (no destination); `errc::host_unreachable`; `errc::permission_denied`.
    ///
    /// @param need payload bytes
    /// @param destination the address
    [[nodiscard]] space_state space(std::size_t need, const address& destination = default_destination) const {
        error_code ec;
        const auto state = space(need, destination, ec);
        raise(ec, "argo space");
        return state;
    }
    /// As above.
    [[nodiscard]] space_state space(std::size_t need, error_code& ec) const {
        return space(need, default_destination, ec);
    }
    /// As above.
    [[nodiscard]] space_state space(std::size_t need, const address& destination, error_code& ec) const {
        return require_open(ec) ? endpoint_->space(need, destination, detail::fault_of(ec)) : space_state{};
    }

    /// Waits until a message of @p need bytes fits at an address. Another sender to the same ring may take the space
    /// before this socket sends.
    ///
    /// Errors: as `send_to`; `errc::timed_out`.
    ///
    /// @param need payload bytes
    /// @param destination the address
    /// @param timeout longest wait, 0 for no limit
    void wait_writable(std::size_t need, const address& destination = default_destination,
                       std::chrono::nanoseconds timeout = {}) {
        error_code ec;
        wait_writable(need, destination, timeout, ec);
        raise(ec, "argo wait_writable");
    }
    /// As above.
    void wait_writable(std::size_t need, const address& destination, std::chrono::nanoseconds timeout, error_code& ec) {
        detail::writable_request request(need, destination, timeout);
        perform(request, ec);
    }

    /// Waits until a message of @p need bytes fits at the default destination.
    ///
    /// Completion: `void(error_code)`, with the errors of `send_to`. Cancellation: total.
    template <detail::completion_token Token = detail::default_token_t<Executor>>
    auto async_wait_writable(std::size_t need, Token&& token = Token()) {
        return async_wait_writable(need, default_destination, std::forward<Token>(token));
    }
    /// Likewise, to an address.
    template <detail::completion_token Token = detail::default_token_t<Executor>>
    auto async_wait_writable(std::size_t need, const address& destination, Token&& token = Token()) {
        return initiate(detail::writable_request(need, destination), detail::no_buffers{}, token);
    }

    /// Waits until the receiver has consumed all messages in its ring.
    ///
    /// Errors: as `send_to`; `errc::timed_out`.
    ///
    /// @param destination the address of the ring
    /// @param timeout longest wait, 0 for no limit
    void drain(const address& destination = default_destination, std::chrono::nanoseconds timeout = {}) {
        error_code ec;
        drain(destination, timeout, ec);
        raise(ec, "argo drain");
    }
    /// As above.
    void drain(const address& destination, std::chrono::nanoseconds timeout, error_code& ec) {
        detail::drain_request request(destination, timeout);
        perform(request, ec);
    }

    /// Waits until the default destination has consumed all messages in its ring.
    ///
    /// Completion: `void(error_code)`, with the errors of `send_to`. Cancellation: total.
    template <detail::completion_token Token = detail::default_token_t<Executor>>
    auto async_drain(Token&& token = Token()) {
        return async_drain(default_destination, std::forward<Token>(token));
    }
    /// Likewise, an address.
    template <detail::completion_token Token = detail::default_token_t<Executor>>
    auto async_drain(const address& destination, Token&& token = Token()) {
        return initiate(detail::drain_request(destination), detail::no_buffers{}, token);
    }

    /// @}
    /// @name Readiness
    /// @{

    /// Waits until a message or an error can be received (`wait_read`), until the default destination has space for the
    /// low-water mark (`wait_write`), or until an error is pending or the default destination's ring has gone
    /// (`wait_error`). The call waits on a non-blocking socket, too, as in Asio.
    void wait(wait_type what) {
        error_code ec;
        wait(what, ec);
        raise(ec, "argo wait");
    }
    /// As above.
    void wait(wait_type what, error_code& ec) {
        if (require_open(ec)) {
            endpoint_->wait(static_cast<detail::wait_type>(what), detail::fault_of(ec));
        }
    }

    /// Waits likewise.
    ///
    /// Completion: `void(error_code)`. Cancellation: total.
    template <class Token = detail::default_token_t<Executor>>
    auto async_wait(wait_type what, Token&& token = Token()) {
        return initiate(detail::ready_request(static_cast<detail::wait_type>(what)), detail::no_buffers{}, token);
    }

    /// @}

private:
    template <class OtherExecutor> friend class basic_socket;
    friend struct detail::socket_access;

    /// Starts an operation once its completion token has made a handler, which may be later.
    class initiation {
    public:
        using executor_type = Executor;

        explicit initiation(basic_socket& self) noexcept : self_(&self) {}

        [[nodiscard]] executor_type get_executor() const noexcept { return self_->executor_; }

        template <class Handler, class Request, class Buffers>
        void operator()(Handler&& handler, Request&& what, Buffers&& buffers) const {
            detail::start_operation<std::decay_t<Request>, std::decay_t<Buffers>>(
                self_->endpoint_, self_->executor_, std::forward<Request>(what), std::forward<Buffers>(buffers),
                std::forward<Handler>(handler));
        }

    private:
        basic_socket* self_;
    };

    template <class Request, class Buffers, class Token>
    auto initiate(Request what, const Buffers& buffers, Token& token) {
        return boost::asio::async_initiate<Token, detail::signature_of<Request>>(initiation(*this), token,
                                                                                 std::move(what), buffers);
    }

    static void raise(const error_code& ec, const char* what) {
        if (ec) {
            throw system_error(ec, what);
        }
    }

    [[nodiscard]] bool require_open(error_code& ec) const noexcept {
        ec = is_open() ? error_code() : boost::asio::error::bad_descriptor;
        return is_open();
    }

    void adopt(detail::file_descriptor& file, const std::shared_ptr<detail::device>& driver, error_code& ec) {
        if (is_open()) {
            ec = boost::asio::error::already_open;
            return;
        }
        endpoint_ = detail::endpoint::create(std::make_unique<detail::asio_reactor>(executor_), file, driver,
                                             detail::fault_of(ec));
    }

    void perform(detail::request& what, error_code& ec) {
        if (require_open(ec)) {
            endpoint_->perform(what);
            ec = detail::to_error_code(what.error());
        }
    }

    void set_options(const socket_options& values, std::uint32_t which, error_code& ec) {
        if (require_open(ec)) {
            endpoint_->set_options(values, which, detail::fault_of(ec));
        }
    }
    void set(const socket_options& values, std::uint32_t which) {
        error_code ec;
        set_options(values, which, ec);
        raise(ec, "argo options");
    }

    Executor executor_;
    std::shared_ptr<detail::endpoint> endpoint_;
};

/// The socket for every executor.
using socket = basic_socket<>;

namespace detail {

/// The tests' access to a socket.
struct socket_access {
    /// Gives a socket a file of another driver than the kernel's.
    template <class Executor>
    static void assign(basic_socket<Executor>& target, file_descriptor file, const std::shared_ptr<device>& driver) {
        error_code ec;
        target.adopt(file, driver, ec);
        basic_socket<Executor>::raise(ec, "argo assign");
    }
};

} // namespace detail
} // namespace libargo
