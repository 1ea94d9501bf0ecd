// SPDX-License-Identifier: MIT
#include <libargo/detail/request.hpp>

#include <algorithm>
#include <cerrno>

namespace libargo::detail {
namespace {

using action = transfer_fsm::action;

/// The default destination as an address of its own: a watch of the default destination has the low-water mark only.
address resolve(const address& destination, const request_context& context) noexcept {
    return destination == default_destination ? context.remote : destination;
}

bool would_block(const fault& failed, const request_context& context) noexcept {
    return context.is_asynchronous() && failed.is(EAGAIN);
}

} // namespace

request::outcome send_request::attempt(const request_context& context) noexcept {
    transfer_fsm course(1, transfer_fsm::extent::all);
    auto next = course.start();
    while (next == action::transfer) {
        auto message = to_message(payload_.vectors(), destination_, type_);
        const auto [err, count] = context.file.send({&message, 1}, context.where);
        next = course.resume(err, count, context.is_asynchronous());
    }
    if (next == action::wait) {
        return outcome::blocked;
    }
    error_ = fault(course.error());
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
    while (next == action::transfer) {
        message = to_message(payload_.vectors(), {domid_t{0}, 0}, {});
        const auto [err, count] =
            peek_ ? context.file.peek(message, context.where) : context.file.receive({&message, 1}, context.where);
        next = course.resume(err, count, context.is_asynchronous());
    }
    if (next == action::wait) {
        return outcome::blocked;
    }
    error_ = fault(course.error());
    if (course.done() == 0) {
        return outcome::done;
    }
    size_ = std::min<std::size_t>(message.len, payload_.bytes());
    if (info_ != nullptr) {
        *info_ = to_info(message);
    } else if ((message.flags & ARGO_MSG_TRUNC) != 0) {
        error_ = error::message_truncated;
    }
    return outcome::done;
}

ordering receive_request::order(const request_context&) const noexcept { return {ordering::scope::everything, {}}; }

request::outcome send_many_request::attempt(const request_context& context) noexcept {
    auto next = course_.start();
    while (next == action::transfer) {
        const auto slice = table_.from(course_.done()).first(course_.slice(context.file.max_batch()));
        const auto [err, count] = context.file.send(slice, context.where);
        next = course_.resume(err, count, context.is_asynchronous());
    }
    if (next == action::wait) {
        return outcome::blocked;
    }
    error_ = fault(course_.error());
    size_ = course_.done();
    return outcome::done;
}

ordering send_many_request::order(const request_context&) const noexcept { return {ordering::scope::everything, {}}; }

watch send_many_request::wanted(const request_context& context) const noexcept {
    const auto index = course_.done();
    return {resolve(table_.destination(index), context), clamp(table_.bytes(index))};
}

void send_many_request::fail(const fault& why) noexcept {
    size_ = course_.done();
    error_ = size_ == 0 ? why : fault();
}

request::outcome receive_many_request::attempt(const request_context& context) noexcept {
    auto next = course_.start();
    while (next == action::transfer) {
        const auto slice = table_.from(0).first(course_.slice(context.file.max_batch()));
        const auto [err, count] = context.file.receive(slice, context.where);
        next = course_.resume(err, count, context.is_asynchronous());
        for (std::size_t i = 0; i < course_.done(); ++i) {
            store(i, to_info(slice[i]));
        }
    }
    if (next == action::wait) {
        return outcome::blocked;
    }
    error_ = fault(course_.error());
    size_ = course_.done();
    return outcome::done;
}

ordering receive_many_request::order(const request_context&) const noexcept {
    return {ordering::scope::everything, {}};
}

request::outcome ready_request::attempt(const request_context& context) noexcept {
    const bool ready = type_ == wait_type::wait_write ? is_writable(context) : context.file.is_ready(type_);
    return ready ? outcome::done : outcome::blocked;
}

bool ready_request::is_writable(const request_context& context) noexcept {
    // poll() does not tell: the watch that defines "writable" may be for another destination at the moment.
    fault failed;
    const auto options = context.file.options(failed);
    space_state state;
    if (!failed) {
        state = context.file.query_space({default_destination, clamp(options.send_low_water_mark)}, failed);
    }
    // A send would not wait either after an error: it fails.
    return failed || state.sufficient || state.too_large || !state.exists;
}

request::outcome writable_request::attempt(const request_context& context) noexcept {
    context.file.wait_for_space({destination_, clamp(need_)}, timeout_, context.where, error_);
    return would_block(error_, context) ? outcome::blocked : outcome::done;
}

watch writable_request::wanted(const request_context& context) const noexcept {
    return {resolve(destination_, context), clamp(need_)};
}

request::outcome drain_request::attempt(const request_context& context) noexcept {
    context.file.wait_for_drain(destination_, timeout_, context.where, error_);
    if (!would_block(error_, context)) {
        return outcome::done;
    }
    // The largest message fits when the ring is empty, and only then.
    fault failed;
    const auto state = context.file.query_space({resolve(destination_, context), 0}, failed);
    if (!failed) {
        largest_ = clamp(state.max_message);
    }
    return outcome::blocked;
}

watch drain_request::wanted(const request_context& context) const noexcept {
    return {resolve(destination_, context), largest_};
}

} // namespace libargo::detail
