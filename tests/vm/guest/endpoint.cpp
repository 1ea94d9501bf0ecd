// SPDX-License-Identifier: MIT
#include "endpoint.hpp"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/ioctl.h>
#include <system_error>

namespace guest {

namespace {

constexpr const char* device_path = "/dev/argo";

std::uint64_t user_pointer(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

std::uint64_t nanoseconds(duration time) { return static_cast<std::uint64_t>(time.count()); }

void require(outcome what, const char* doing) {
    if (!what) {
        throw std::system_error(what.code, std::generic_category(), std::string(device_path) + ": " + doing);
    }
}

file open_device(int flags) {
    file device{::open(device_path, O_RDWR | O_CLOEXEC | flags)};
    require(outcome_of(device.get()), "open");
    return device;
}

argo_batch batch_of(std::span<argo_msg> messages, const wait& how) {
    argo_batch batch{};
    batch.size = sizeof(batch);
    batch.flags = how.flags;
    batch.msgs = user_pointer(messages.data());
    batch.count = static_cast<std::uint32_t>(messages.size());
    batch.timeout_ns = nanoseconds(how.timeout);
    return batch;
}

} // namespace

std::string to_string(const argo_addr& addr) { return std::to_string(addr.domid) + ':' + std::to_string(addr.port); }

argo_iovec vector_of(const_view data) { return {user_pointer(data.data()), data.size()}; }

endpoint::endpoint(int open_flags) : device_{open_device(open_flags)} {}

endpoint endpoint::duplicate() const {
    file copy{::fcntl(device_.get(), F_DUPFD_CLOEXEC, 0)};
    require(outcome_of(copy.get()), "dup");
    endpoint result{std::move(copy)};
    result.port_ = port_;
    result.domid_ = domid_;
    result.ring_size_ = ring_size_;
    result.max_message_ = max_message_;
    return result;
}

outcome endpoint::call(unsigned long request, void* argument) const {
    return outcome_of(::ioctl(device_.get(), request, argument));
}

outcome endpoint::info(argo_info& out) const {
    out = {};
    out.size = sizeof(out);
    return call(ARGO_IOC_INFO, &out);
}

outcome endpoint::bind(const bind_request& want) {
    argo_bind ignored{};
    return bind(want, ignored);
}

outcome endpoint::bind(const bind_request& want, argo_bind& out) {
    out = {};
    out.size = sizeof(out);
    out.flags = want.flags;
    out.port = want.port;
    out.partner = want.partner;
    out.ring_size = want.ring_size;
    const auto what = call(ARGO_IOC_BIND, &out);
    if (what) {
        port_ = out.port;
        domid_ = out.domid;
        ring_size_ = out.ring_size;
        max_message_ = out.max_message;
    }
    return what;
}

outcome endpoint::connect(const argo_addr& peer) const {
    argo_connect argument{};
    argument.size = sizeof(argument);
    argument.addr = peer;
    return call(ARGO_IOC_CONNECT, &argument);
}

outcome endpoint::send(const argo_addr& to, const_view data, std::uint32_t type, const wait& how) const {
    auto vector = vector_of(data);
    argo_msg one{};
    one.iov = user_pointer(&vector);
    one.iovcnt = 1;
    one.addr = to;
    one.type = type;
    std::uint32_t done = 0;
    return send({&one, 1}, done, how);
}

outcome endpoint::send(std::span<argo_msg> messages, std::uint32_t& done, const wait& how) const {
    auto batch = batch_of(messages, how);
    const auto what = call(ARGO_IOC_SEND, &batch);
    done = batch.done;
    return what;
}

outcome endpoint::receive(message& out, std::size_t capacity, const wait& how) const {
    out.data.assign(capacity, std::byte{0xee});
    auto vector = vector_of(out.data);
    argo_msg one{};
    one.iov = user_pointer(&vector);
    one.iovcnt = 1;
    std::uint32_t done = 0;
    const auto what = receive({&one, 1}, done, how);
    if (!what) {
        out.data.clear();
        return what;
    }
    out.from = one.addr;
    out.type = one.type;
    out.flags = one.flags;
    out.len = one.len;
    out.data.resize(std::min<std::size_t>(capacity, one.len));
    return what;
}

outcome endpoint::receive(std::span<argo_msg> messages, std::uint32_t& done, const wait& how) const {
    auto batch = batch_of(messages, how);
    const auto what = call(ARGO_IOC_RECV, &batch);
    done = batch.done;
    return what;
}

outcome endpoint::space(const argo_addr& to, std::uint32_t need, argo_space& out, const wait& how) const {
    out = {};
    out.size = sizeof(out);
    out.flags = how.flags;
    out.addr = to;
    out.need = need;
    out.timeout_ns = nanoseconds(how.timeout);
    return call(ARGO_IOC_SPACE, &out);
}

outcome endpoint::options(argo_options& inout) const {
    inout.size = sizeof(inout);
    return call(ARGO_IOC_OPTIONS, &inout);
}

outcome endpoint::status(argo_status& out) const {
    out = {};
    out.size = sizeof(out);
    return call(ARGO_IOC_STATUS, &out);
}

bool endpoint::nonblocking(bool on) const {
    const int flags = ::fcntl(fd(), F_GETFL);
    return flags >= 0 && ::fcntl(fd(), F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) == 0;
}

short endpoint::poll(short events, std::chrono::milliseconds timeout) const {
    pollfd entry{fd(), events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(timeout.count()));
    require(outcome_of(ready), "poll");
    return ready == 0 ? short{0} : entry.revents;
}

argo_info information() {
    argo_info info{};
    require(endpoint{}.info(info), "ARGO_IOC_INFO");
    return info;
}

std::uint16_t own_domid() { return information().domid; }

std::vector<argo_ring_entry> rings() {
    const endpoint device;
    std::vector<argo_ring_entry> entries(16);
    for (;;) {
        argo_list argument{};
        argument.size = sizeof(argument);
        argument.entries = user_pointer(entries.data());
        argument.entry_size = sizeof(argo_ring_entry);
        argument.count = static_cast<std::uint32_t>(entries.size());
        require(device.call(ARGO_IOC_LIST, &argument), "ARGO_IOC_LIST");
        const bool all = argument.count <= entries.size();
        entries.resize(argument.count);
        if (all) {
            return entries;
        }
    }
}

} // namespace guest
