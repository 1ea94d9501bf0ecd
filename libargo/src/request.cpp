// SPDX-License-Identifier: MIT
#include <libargo/detail/request.hpp>

#include <algorithm>
#include <cerrno>
#include <limits>

#include <poll.h>

namespace libargo::detail {
namespace {

/// A size as the driver's 32 bits: what does not fit is larger than any ring anyway.
std::uint32_t clamp(std::size_t size) noexcept {
    return static_cast<std::uint32_t>(std::min<std::size_t>(size, std::numeric_limits<std::uint32_t>::max()));
}

std::uint64_t to_address(const void* pointer) noexcept { return reinterpret_cast<std::uintptr_t>(pointer); }

argo_msg to_message(std::span<const argo_iovec> payload, const address& addr, message_type type) noexcept {
    return {.iov = to_address(payload.data()),
            .iovcnt = static_cast<std::uint32_t>(payload.size()),
            .flags = 0,
            .addr = to_kernel(addr),
            .type = to_number(type),
            .len = 0};
}

void read_info(const argo_msg& message, message_info& info) noexcept {
    info = {.source = from_kernel(message.addr),
            .type = message_type{message.type},
            .size = message.len,
            .truncated = (message.flags & ARGO_MSG_TRUNC) != 0};
}

struct transferred {
    int err = 0;
    std::size_t count = 0;
};

transferred transfer(const request_context& context, unsigned long direction, std::span<argo_msg> messages,
                     std::uint32_t flags) noexcept {
    argo_batch batch{.size = sizeof(argo_batch),
                     .flags = flags | (context.may_wait ? ARGO_DONTWAIT : 0U),
                     .msgs = to_address(messages.data()),
                     .count = static_cast<std::uint32_t>(messages.size()),
                     .done = 0,
                     .timeout_ns = 0};
    const int err = context.driver.control(context.fd, direction, &batch);
    return {err, batch.done};
}

/// The driver waits for space, or says whether it would have to.
int wait_for_space(const request_context& context, std::uint32_t what, std::size_t need, const address& destination,
                   std::chrono::nanoseconds timeout) noexcept {
    const auto limit = std::max(timeout, std::chrono::nanoseconds{0});
    argo_space space{.size = sizeof(argo_space),
                     .flags = what | (context.may_wait ? ARGO_DONTWAIT : 0U),
                     .addr = to_kernel(destination),
                     .need = clamp(need),
                     .state = 0,
                     .max_message = 0,
                     .reserved = 0,
                     .timeout_ns = static_cast<std::uint64_t>(limit.count())};
    int err = 0;
    do {
        err = context.driver.control(context.fd, ARGO_IOC_SPACE, &space);
    } while (err == EINTR && context.may_wait);
    return err;
}

/// The default destination as an address of its own: a watch of the default one knows the low-water mark only.
address resolve(const address& destination, const request_context& context) noexcept {
    return destination == default_destination ? context.remote : destination;
}

} // namespace

argo_addr to_kernel(const address& addr) noexcept {
    return {.port = addr.port, .domid = to_number(addr.domid), .reserved = 0};
}

address from_kernel(const argo_addr& addr) noexcept { return {domid_t{addr.domid}, addr.port}; }

error_code from_errno(int err) noexcept { return {err, boost::system::system_category()}; }

int query_space(device& driver, int fd, const watch& what, std::uint32_t flags, space_state& state) noexcept {
    argo_space space{.size = sizeof(argo_space),
                     .flags = flags,
                     .addr = to_kernel(what.destination),
                     .need = what.need,
                     .state = 0,
                     .max_message = 0,
                     .reserved = 0,
                     .timeout_ns = 0};
    int err = 0;
    do {
        err = driver.control(fd, ARGO_IOC_SPACE, &space);
    } while (err == EINTR);
    if (err == 0) {
        const auto has = [&space](std::uint32_t bit) { return (space.state & bit) != 0; };
        state = {.exists = has(ARGO_STATE_EXISTS),
                 .shared = has(ARGO_STATE_SHARED),
                 .empty = has(ARGO_STATE_EMPTY),
                 .sufficient = has(ARGO_STATE_SUFFICIENT),
                 .too_large = has(ARGO_STATE_TOO_LARGE),
                 .max_message = space.max_message};
    }
    return err;
}

request::outcome send_request::attempt(const request_context& context) noexcept {
    transfer_fsm course(1, transfer_fsm::extent::all);
    auto next = course.start();
    while (next == transfer_fsm::action::transfer) {
        auto message = to_message(payload_.vectors(), destination_, type_);
        const auto [err, count] = transfer(context, ARGO_IOC_SEND, {&message, 1}, 0);
        next = course.resume(err, count, context.may_wait);
    }
    if (next == transfer_fsm::action::wait) {
        return outcome::blocked;
    }
    error_ = from_errno(course.error());
    size_ = course.done() == 0 ? 0 : payload_.bytes();
    return outcome::done;
}

ordering send_request::order(const request_context& context) const noexcept {
    return {ordering::scope::destination, resolve(destination_, context)};
}

watch send_request::wanted(const request_context& context) const noexcept {
    return {resolve(destination_, context), clamp(payload_.bytes())};
}

request::outcome receive_request::attempt(const request_context& context) noexcept {
    transfer_fsm course(1, transfer_fsm::extent::all);
    argo_msg message{};
    auto next = course.start();
    while (next == transfer_fsm::action::transfer) {
        message = to_message(payload_.vectors(), {domid_t{0}, 0}, {});
        const auto [err, count] = transfer(context, ARGO_IOC_RECV, {&message, 1}, peek_ ? ARGO_PEEK : 0U);
        next = course.resume(err, count, context.may_wait);
    }
    if (next == transfer_fsm::action::wait) {
        return outcome::blocked;
    }
    error_ = from_errno(course.error());
    if (course.done() == 0) {
        return outcome::done;
    }
    size_ = std::min<std::size_t>(message.len, payload_.bytes());
    if (info_ != nullptr) {
        read_info(message, *info_);
    } else if ((message.flags & ARGO_MSG_TRUNC) != 0) {
        error_ = error::message_truncated;
    }
    return outcome::done;
}

ordering receive_request::order(const request_context&) const noexcept { return {ordering::scope::everything, {}}; }

void message_table::reserve(std::size_t messages) {
    messages_.reserve(messages);
    vectors_.reserve(messages);
}

void message_table::add(const iovec_list& payload, const address& addr, message_type type) {
    const auto vectors = payload.vectors();
    vectors_.insert(vectors_.end(), vectors.begin(), vectors.end());
    messages_.push_back(to_message(vectors, addr, type));
}

std::span<argo_msg> message_table::from(std::size_t first) noexcept {
    // The vectors lie one after the other. Only now that all are there do they stay where they are.
    if (!placed_) {
        const auto* next = vectors_.data();
        for (auto& message : messages_) {
            message.iov = to_address(next);
            next += message.iovcnt;
        }
        placed_ = true;
    }
    return std::span(messages_).subspan(first);
}

void send_many_request::prepare() {
    table_.reserve(messages_.size());
    for (const auto& message : messages_) {
        table_.add(iovec_list(message.buffers), message.destination, message.type);
    }
}

request::outcome send_many_request::attempt(const request_context& context) noexcept {
    auto next = course_.start();
    while (next == transfer_fsm::action::transfer) {
        const auto slice = table_.from(course_.done()).first(course_.slice(context.max_batch));
        const auto [err, count] = transfer(context, ARGO_IOC_SEND, slice, 0);
        next = course_.resume(err, count, context.may_wait);
    }
    if (next == transfer_fsm::action::wait) {
        return outcome::blocked;
    }
    error_ = from_errno(course_.error());
    size_ = course_.done();
    return outcome::done;
}

ordering send_many_request::order(const request_context&) const noexcept { return {ordering::scope::everything, {}}; }

watch send_many_request::wanted(const request_context& context) const noexcept {
    const auto& message = messages_[course_.done()];
    return {resolve(message.destination, context), clamp(boost::asio::buffer_size(message.buffers))};
}

void send_many_request::fail(const error_code& ec) noexcept {
    size_ = course_.done();
    error_ = size_ == 0 ? ec : error_code();
}

void receive_many_request::prepare() {
    table_.reserve(messages_.size());
    for (const auto& message : messages_) {
        table_.add(iovec_list(message.buffers), {domid_t{0}, 0}, {});
    }
}

request::outcome receive_many_request::attempt(const request_context& context) noexcept {
    auto next = course_.start();
    while (next == transfer_fsm::action::transfer) {
        const auto slice = table_.from(0).first(course_.slice(context.max_batch));
        const auto [err, count] = transfer(context, ARGO_IOC_RECV, slice, 0);
        next = course_.resume(err, count, context.may_wait);
        for (std::size_t i = 0; i < course_.done(); ++i) {
            read_info(slice[i], messages_[i].info);
        }
    }
    if (next == transfer_fsm::action::wait) {
        return outcome::blocked;
    }
    error_ = from_errno(course_.error());
    size_ = course_.done();
    return outcome::done;
}

ordering receive_many_request::order(const request_context&) const noexcept {
    return {ordering::scope::everything, {}};
}

request::outcome ready_request::attempt(const request_context& context) noexcept {
    if (type_ == wait_type::wait_write) {
        return attempt_write(context);
    }
    const short events = type_ == wait_type::wait_read ? POLLIN : POLLPRI;
    pollfd polled{.fd = context.fd, .events = events, .revents = 0};
    // POLLERR and POLLHUP are reported without being asked for, and mean that a receive would not wait.
    return ::poll(&polled, 1, 0) > 0 ? outcome::done : outcome::blocked;
}

request::outcome ready_request::attempt_write(const request_context& context) noexcept {
    // poll() cannot tell: what it calls writable may be another destination just now.
    argo_options options{};
    options.size = sizeof(options);
    space_state state;
    if (context.driver.control(context.fd, ARGO_IOC_OPTIONS, &options) != 0 ||
        query_space(context.driver, context.fd, {default_destination, options.send_lowat}, ARGO_SPACE_QUERY, state) !=
            0) {
        return outcome::done; // a send would not wait either: it fails
    }
    return state.sufficient || state.too_large || !state.exists ? outcome::done : outcome::blocked;
}

request::outcome writable_request::attempt(const request_context& context) noexcept {
    const int err = wait_for_space(context, ARGO_SPACE_WAIT, need_, destination_, timeout_);
    if (err == EAGAIN && context.may_wait) {
        return outcome::blocked;
    }
    error_ = from_errno(err);
    return outcome::done;
}

watch writable_request::wanted(const request_context& context) const noexcept {
    return {resolve(destination_, context), clamp(need_)};
}

request::outcome drain_request::attempt(const request_context& context) noexcept {
    const int err = wait_for_space(context, ARGO_SPACE_DRAIN, 0, destination_, timeout_);
    if (err == EAGAIN && context.may_wait) {
        // The largest message fits when the ring is empty, and only then.
        space_state state;
        if (query_space(context.driver, context.fd, {resolve(destination_, context), 0}, ARGO_SPACE_QUERY, state) ==
            0) {
            largest_ = clamp(state.max_message);
        }
        return outcome::blocked;
    }
    error_ = from_errno(err);
    return outcome::done;
}

watch drain_request::wanted(const request_context& context) const noexcept {
    return {resolve(destination_, context), largest_};
}

} // namespace libargo::detail
