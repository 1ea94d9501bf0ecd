// SPDX-License-Identifier: MIT
#include <libargo/detail/driver.hpp>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <limits>
#include <optional>
#include <string>

#include <fcntl.h>
#include <poll.h>

namespace libargo::detail {
namespace {

template <std::size_t Size> std::string bounded_text(const char (&text)[Size]) { // NOLINT: the ABI's
    return {std::begin(text), std::find(std::begin(text), std::end(text), '\0')};
}

argo_addr to_kernel(const address& addr) noexcept {
    return {.port = addr.port, .domid = to_number(addr.domid), .reserved = 0};
}

address from_kernel(const argo_addr& addr) noexcept { return {domid_t{addr.domid}, addr.port}; }

std::uint64_t to_kernel(std::chrono::nanoseconds time) noexcept {
    return static_cast<std::uint64_t>(std::max<std::chrono::nanoseconds::rep>(time.count(), 0));
}

std::chrono::nanoseconds to_duration(std::uint64_t nanoseconds) noexcept {
    constexpr auto longest = static_cast<std::uint64_t>(std::chrono::nanoseconds::max().count());
    return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(std::min(nanoseconds, longest)));
}

std::uint32_t flag_of(waiting where) noexcept { return where == waiting::in_reactor ? ARGO_DONTWAIT : 0U; }

argo_space make_space(const watch& what, std::uint32_t flags, std::chrono::nanoseconds timeout) noexcept {
    return {.size = sizeof(argo_space),
            .flags = flags,
            .addr = to_kernel(what.destination),
            .need = what.need,
            .state = 0,
            .max_message = 0,
            .reserved = 0,
            .timeout_ns = to_kernel(timeout)};
}

ring_entry to_ring_entry(const argo_ring_entry& entry) {
    return {.port = entry.port,
            .partner = domid_t{entry.partner},
            .broken = (entry.flags & ARGO_STATUS_BROKEN) != 0,
            .ring_size = entry.ring_size,
            .fill = entry.fill,
            .owner = bounded_text(entry.owner),
            .command = bounded_text(entry.comm),
            .pid = entry.pid,
            .uid = entry.uid,
            .rx_messages = entry.rx_messages,
            .rx_bytes = entry.rx_bytes,
            .tx_messages = entry.tx_messages,
            .tx_bytes = entry.tx_bytes,
            .drops = entry.drops,
            .truncated = entry.truncated,
            .tx_full = entry.tx_full,
            .rx_waits = entry.rx_waits,
            .resets = entry.resets};
}

short poll_events(wait_type what) noexcept {
    switch (what) {
    case wait_type::wait_read:
        return POLLIN;
    case wait_type::wait_write:
        return POLLOUT;
    case wait_type::wait_error:
        break;
    }
    return POLLPRI;
}

} // namespace

std::uint64_t to_user_pointer(const void* pointer) noexcept { return reinterpret_cast<std::uintptr_t>(pointer); }

std::uint32_t clamp(std::size_t size) noexcept {
    return static_cast<std::uint32_t>(std::min<std::size_t>(size, std::numeric_limits<std::uint32_t>::max()));
}

argo_msg to_message(std::span<const argo_iovec> payload, const address& addr, message_type type) noexcept {
    return {.iov = to_user_pointer(payload.data()),
            .iovcnt = static_cast<std::uint32_t>(payload.size()),
            .flags = 0,
            .addr = to_kernel(addr),
            .type = to_number(type),
            .len = 0};
}

message_info to_info(const argo_msg& message) noexcept {
    return {.source = from_kernel(message.addr),
            .type = message_type{message.type},
            .size = message.len,
            .truncated = (message.flags & ARGO_MSG_TRUNC) != 0};
}

file_descriptor driver::open(const char* path, fault& failed) noexcept {
    file_descriptor file(::open(path, O_RDWR | O_CLOEXEC)); // NOLINT(cppcoreguidelines-pro-type-vararg)
    const int err = file.get() < 0 ? errno : 0;
    failed = err == ENOENT || err == ENXIO || err == ENODEV ? fault(error::no_device) : fault(err);
    return file;
}

void driver::attach(int fd, fault& failed) noexcept {
    fd_ = fd;
    check(failed);
    if (failed) {
        fd_ = -1;
    }
}

void driver::check(fault& failed) noexcept {
    argo_info info{};
    info.size = sizeof(info);
    failed = ask(ARGO_IOC_INFO, &info);
    if (failed.is(ENOTTY) || failed.is(EINVAL)) {
        failed = error::not_an_argo_device;
    } else if (!failed && info.abi_version < ARGO_ABI_VERSION) {
        failed = error::abi_mismatch;
    }
    if (failed) {
        return;
    }
    const int flags = ::fcntl(fd_, F_GETFL); // NOLINT(cppcoreguidelines-pro-type-vararg)
    if (flags < 0) {
        failed = fault(errno);
        return;
    }
    max_batch_ = info.max_batch;
    non_blocking_ = (flags & O_NONBLOCK) != 0;
}

void driver::non_blocking(bool mode, fault& failed) noexcept {
    const int flags = ::fcntl(fd_, F_GETFL); // NOLINT(cppcoreguidelines-pro-type-vararg)
    const int wanted = mode ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (flags < 0 || ::fcntl(fd_, F_SETFL, wanted) < 0) { // NOLINT(cppcoreguidelines-pro-type-vararg)
        failed = fault(errno);
        return;
    }
    failed = {};
    non_blocking_ = mode;
}

bind_result driver::bind(const bind_options& options, fault& failed) const noexcept {
    argo_bind request{.size = sizeof(argo_bind),
                      .flags = options.exclusive ? ARGO_BIND_EXCLUSIVE : 0U,
                      .port = options.port,
                      .partner = to_number(options.partner),
                      .domid = 0,
                      .ring_size = clamp(options.ring_size),
                      .max_message = 0};
    failed = ask(ARGO_IOC_BIND, &request);
    if (failed) {
        return {};
    }
    return {.port = request.port,
            .partner = domid_t{request.partner},
            .domid = domid_t{request.domid},
            .ring_size = request.ring_size,
            .max_message = request.max_message};
}

void driver::connect(const address& peer, fault& failed) const noexcept {
    argo_connect request{.size = sizeof(argo_connect), .flags = 0, .addr = to_kernel(peer)};
    failed = ask(ARGO_IOC_CONNECT, &request);
}

endpoint_status driver::status(fault& failed) const noexcept {
    argo_status status{};
    status.size = sizeof(status);
    failed = ask(ARGO_IOC_STATUS, &status);
    if (failed) {
        return {};
    }
    const auto has = [&status](std::uint32_t bit) { return (status.flags & bit) != 0; };
    constexpr auto no_message = std::numeric_limits<std::uint32_t>::max();
    const bool has_message = status.next_len != no_message;
    return {.bound = has(ARGO_STATUS_BOUND),
            .connected = has(ARGO_STATUS_CONNECTED),
            .hung_up = has(ARGO_STATUS_HUP),
            .broken = has(ARGO_STATUS_BROKEN),
            .local = from_kernel(status.local),
            .remote = from_kernel(status.remote),
            .partner = domid_t{status.partner},
            .ring_size = status.ring_size,
            .fill = status.fill,
            .next_message = has_message ? std::optional<std::size_t>(status.next_len) : std::nullopt};
}

device_info driver::info(fault& failed) const {
    argo_info info{};
    info.size = sizeof(info);
    failed = ask(ARGO_IOC_INFO, &info);
    if (failed) {
        return {};
    }
    return {.abi_version = info.abi_version,
            .domid = domid_t{info.domid},
            .hypervisor = bounded_text(info.hypervisor),
            .max_message = info.max_message,
            .min_ring_size = info.min_ring_size,
            .max_ring_size = info.max_ring_size,
            .default_ring_size = info.default_ring_size,
            .max_rings = info.max_rings,
            .rings = info.rings,
            .max_buffers = info.max_iov,
            .max_batch = info.max_batch};
}

socket_options driver::options(fault& failed) const noexcept {
    argo_options options{};
    options.size = sizeof(options);
    failed = ask(ARGO_IOC_OPTIONS, &options);
    if (failed) {
        return {};
    }
    return {.send_low_water_mark = options.send_lowat,
            .type = message_type{options.type},
            .send_timeout = to_duration(options.send_timeout_ns),
            .receive_timeout = to_duration(options.recv_timeout_ns)};
}

void driver::set_options(const socket_options& options, std::uint32_t which, fault& failed) const noexcept {
    argo_options request{.size = sizeof(argo_options),
                         .flags = which,
                         .send_lowat = clamp(options.send_low_water_mark),
                         .type = to_number(options.type),
                         .send_timeout_ns = to_kernel(options.send_timeout),
                         .recv_timeout_ns = to_kernel(options.receive_timeout)};
    failed = ask(ARGO_IOC_OPTIONS, &request);
}

std::vector<ring_entry> driver::list_rings(fault& failed) const {
    // Rings may be added while they are listed: the question is asked again until all of them fit.
    std::vector<argo_ring_entry> entries(64);
    for (;;) {
        argo_list list{.size = sizeof(argo_list),
                       .flags = 0,
                       .entries = to_user_pointer(entries.data()),
                       .entry_size = sizeof(argo_ring_entry),
                       .count = clamp(entries.size())};
        failed = ask(ARGO_IOC_LIST, &list);
        if (failed) {
            return {};
        }
        if (list.count <= entries.size()) {
            entries.resize(list.count);
            break;
        }
        entries.resize(list.count + 16);
    }
    std::vector<ring_entry> result;
    result.reserve(entries.size());
    std::transform(entries.begin(), entries.end(), std::back_inserter(result), to_ring_entry);
    return result;
}

void driver::add_cable(const cable& added, fault& failed) const noexcept {
    argo_cable_change change{.size = sizeof(argo_cable_change),
                             .flags = 0,
                             .cable = {.src = to_kernel(added.source), .dst = to_kernel(added.destination)}};
    failed = ask(ARGO_IOC_CABLE_ADD, &change);
}

void driver::remove_cable(const address& source, fault& failed) const noexcept {
    argo_cable_change change{
        .size = sizeof(argo_cable_change), .flags = 0, .cable = {.src = to_kernel(source), .dst = {}}};
    failed = ask(ARGO_IOC_CABLE_REMOVE, &change);
}

std::vector<cable> driver::list_cables(fault& failed) const {
    // Cables may be added while they are listed: the question is asked again until all of them fit.
    std::vector<argo_cable> cables(64);
    for (;;) {
        argo_cable_list list{.size = sizeof(argo_cable_list),
                             .flags = 0,
                             .cables = to_user_pointer(cables.data()),
                             .count = clamp(cables.size()),
                             .reserved = 0};
        failed = ask(ARGO_IOC_CABLE_LIST, &list);
        if (failed) {
            return {};
        }
        if (list.count <= cables.size()) {
            cables.resize(list.count);
            break;
        }
        cables.resize(list.count + std::size_t{16});
    }
    std::vector<cable> result;
    result.reserve(cables.size());
    std::transform(cables.begin(), cables.end(), std::back_inserter(result), [](const argo_cable& each) {
        return cable{.source = from_kernel(each.src), .destination = from_kernel(each.dst)};
    });
    return result;
}

driver::transferred driver::send(std::span<argo_msg> messages, waiting where) const noexcept {
    return transfer(ARGO_IOC_SEND, messages, 0, where);
}

driver::transferred driver::receive(std::span<argo_msg> messages, waiting where) const noexcept {
    return transfer(ARGO_IOC_RECV, messages, 0, where);
}

driver::transferred driver::peek(argo_msg& message, waiting where) const noexcept {
    return transfer(ARGO_IOC_RECV, {&message, 1}, ARGO_PEEK, where);
}

space_state driver::query_space(const watch& what, fault& failed) const noexcept {
    return space(what, ARGO_SPACE_QUERY, failed);
}

space_state driver::watch_space(const watch& what, fault& failed) const noexcept {
    return space(what, ARGO_SPACE_WATCH, failed);
}

void driver::wait_for_space(const watch& what, std::chrono::nanoseconds timeout, waiting where,
                            fault& failed) const noexcept {
    wait(what, ARGO_SPACE_WAIT, timeout, where, failed);
}

void driver::wait_for_drain(const address& destination, std::chrono::nanoseconds timeout, waiting where,
                            fault& failed) const noexcept {
    wait({destination, 0}, ARGO_SPACE_DRAIN, timeout, where, failed);
}

void driver::wait(wait_type what, fault& failed) const noexcept {
    pollfd polled{.fd = fd_, .events = poll_events(what), .revents = 0};
    failed = fault(::poll(&polled, 1, -1) < 0 ? errno : 0);
}

bool driver::is_ready(wait_type what) const noexcept {
    // POLLERR and POLLHUP are reported without being asked for.
    pollfd polled{.fd = fd_, .events = poll_events(what), .revents = 0};
    return ::poll(&polled, 1, 0) > 0;
}

int driver::control(unsigned long request, void* argument, waiting where) const noexcept {
    int err = 0;
    do {
        err = device_->control(fd_, request, argument);
    } while (err == EINTR && where == waiting::in_reactor);
    return err;
}

fault driver::ask(unsigned long request, void* argument) const noexcept {
    return fault(control(request, argument, waiting::in_reactor));
}

driver::transferred driver::transfer(unsigned long direction, std::span<argo_msg> messages, std::uint32_t flags,
                                     waiting where) const noexcept {
    argo_batch batch{.size = sizeof(argo_batch),
                     .flags = flags | flag_of(where),
                     .msgs = to_user_pointer(messages.data()),
                     .count = static_cast<std::uint32_t>(messages.size()),
                     .done = 0,
                     .timeout_ns = 0};
    const int err = control(direction, &batch, where);
    return {err, batch.done};
}

space_state driver::space(const watch& what, std::uint32_t flags, fault& failed) const noexcept {
    auto space = make_space(what, flags, {});
    failed = ask(ARGO_IOC_SPACE, &space);
    if (failed) {
        return {};
    }
    const auto has = [&space](std::uint32_t bit) { return (space.state & bit) != 0; };
    return {.exists = has(ARGO_STATE_EXISTS),
            .shared = has(ARGO_STATE_SHARED),
            .empty = has(ARGO_STATE_EMPTY),
            .sufficient = has(ARGO_STATE_SUFFICIENT),
            .too_large = has(ARGO_STATE_TOO_LARGE),
            .max_message = space.max_message};
}

void driver::wait(const watch& what, std::uint32_t flags, std::chrono::nanoseconds timeout, waiting where,
                  fault& failed) const noexcept {
    auto space = make_space(what, flags | flag_of(where), timeout);
    failed = fault(control(ARGO_IOC_SPACE, &space, where));
}

} // namespace libargo::detail
