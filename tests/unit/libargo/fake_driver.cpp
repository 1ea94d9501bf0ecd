// SPDX-License-Identifier: MIT
#include "fake_driver.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace libargo::test {
namespace {

/// What a message takes of a ring beside its payload, rounded up to this.
constexpr std::size_t slot = 16;

/// The ABI's pointers are numbers.
template <class T> T* pointer(std::uint64_t value) {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(value)); // NOLINT(performance-no-int-to-ptr)
}

ino_t inode_of(int fd) {
    struct stat info {};
    return ::fstat(fd, &info) == 0 ? info.st_ino : 0;
}

bool is_default(const argo_addr& addr) { return addr.domid == ARGO_DOMID_ANY && addr.port == 0; }

} // namespace

detail::file_descriptor fake_driver::open(std::uint16_t domid) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw std::runtime_error("socketpair failed");
    }
    detail::file_descriptor user(ends[0]);
    const lock_type lock(mutex_);
    auto& self = files_[inode_of(user.get())];
    self = file{};
    self.inner = detail::file_descriptor(ends[1]);
    self.user = user.get();
    self.domid = domid;
    self.options.send_lowat = 1;
    return user;
}

// NOLINTNEXTLINE(bugprone-exception-escape): a fake that is broken ends the tests
int fake_driver::control(int fd, unsigned long request, void* argument) noexcept {
    lock_type lock(mutex_);
    const auto found = files_.find(inode_of(fd));
    if (found == files_.end()) {
        return ENOTTY;
    }
    found->second.user = fd;
    ++calls_[request];
    if (auto& failures = failures_[request]; !failures.empty()) {
        const int err = failures.front();
        failures.pop_front();
        return err;
    }
    const int err = dispatch(lock, found->second, request, argument);
    update_readiness();
    changed_.notify_all();
    return err;
}

int fake_driver::dispatch(lock_type& lock, file& self, unsigned long request, void* argument) {
    switch (request) {
    case ARGO_IOC_INFO:
        return info(self, *static_cast<argo_info*>(argument));
    case ARGO_IOC_BIND:
        return bind(self, *static_cast<argo_bind*>(argument));
    case ARGO_IOC_CONNECT:
        return connect(self, *static_cast<argo_connect*>(argument));
    case ARGO_IOC_SEND:
        return send(lock, self, *static_cast<argo_batch*>(argument));
    case ARGO_IOC_RECV:
        return receive(lock, self, *static_cast<argo_batch*>(argument));
    case ARGO_IOC_SPACE:
        return space(lock, self, *static_cast<argo_space*>(argument));
    case ARGO_IOC_OPTIONS:
        return options(self, *static_cast<argo_options*>(argument));
    case ARGO_IOC_STATUS:
        return status(self, *static_cast<argo_status*>(argument));
    case ARGO_IOC_LIST:
        return list(self, *static_cast<argo_list*>(argument));
    case ARGO_IOC_CABLE_ADD:
        return cable_add(self, *static_cast<argo_cable_change*>(argument));
    case ARGO_IOC_CABLE_REMOVE:
        return cable_remove(self, *static_cast<argo_cable_change*>(argument));
    case ARGO_IOC_CABLE_LIST:
        return cable_list(*static_cast<argo_cable_list*>(argument));
    default:
        return ENOTTY;
    }
}

void fake_driver::fail_next(unsigned long request, int err) {
    const lock_type lock(mutex_);
    failures_[request].push_back(err);
}

std::size_t fake_driver::calls(unsigned long request) const {
    const lock_type lock(mutex_);
    const auto found = calls_.find(request);
    return found == calls_.end() ? 0 : found->second;
}

std::vector<argo_iovec> fake_driver::last_vectors() const {
    const lock_type lock(mutex_);
    return last_vectors_;
}

bool fake_driver::watches(int fd) const {
    const lock_type lock(mutex_);
    return files_.at(inode_of(fd)).watch.has_value();
}

void fake_driver::lose_wakeups(bool value) {
    const lock_type lock(mutex_);
    wakeups_are_lost_ = value;
    update_readiness();
}

void fake_driver::refresh() {
    const lock_type lock(mutex_);
    update_readiness();
}

void fake_driver::set_max_batch(std::uint32_t count) {
    const lock_type lock(mutex_);
    max_batch_ = count;
}

void fake_driver::set_abi_version(std::uint32_t version) {
    const lock_type lock(mutex_);
    abi_version_ = version;
}

int fake_driver::info(const file& self, argo_info& args) const {
    if (args.size != sizeof(args) || args.flags != 0) {
        return EINVAL;
    }
    args.abi_version = abi_version_;
    args.domid = self.domid;
    constexpr std::string_view name = "fake";
    std::copy(name.begin(), name.end(), std::begin(args.hypervisor));
    args.max_message = 65472;
    args.min_ring_size = 256;
    args.max_ring_size = 65536;
    args.default_ring_size = 4096;
    args.max_rings = 128;
    args.rings = static_cast<std::uint32_t>(
        std::count_if(files_.begin(), files_.end(), [&](const auto& entry) { return entry.second.bound; }));
    args.max_iov = 1024;
    args.max_batch = max_batch_;
    return 0;
}

int fake_driver::bind(file& self, argo_bind& args) {
    if (args.size != sizeof(args) || args.ring_size > 65536) {
        return EINVAL;
    }
    if (self.bound) {
        return EISCONN;
    }
    if (args.port == ARGO_PORT_ANY) {
        args.port = next_port_++;
    }
    if (args.partner == ARGO_DOMID_SELF) {
        args.partner = self.domid;
    }
    for (const auto& [inode, other] : files_) {
        if (other.bound && other.domid == self.domid && other.port == args.port && other.partner == args.partner &&
            !user_has_closed(other)) {
            return EADDRINUSE;
        }
    }
    self.bound = true;
    self.port = args.port;
    self.partner = args.partner;
    self.ring_size = args.ring_size == 0 ? 4096 : args.ring_size;
    args.domid = self.domid;
    args.ring_size = self.ring_size;
    args.max_message = static_cast<std::uint32_t>(max_message(self));
    return 0;
}

int fake_driver::connect(file& self, argo_connect& args) {
    if (args.size != sizeof(args)) {
        return EINVAL;
    }
    self.watch.reset();
    if (is_default(args.addr)) {
        self.remote.reset();
        return 0;
    }
    if (!self.bound && args.addr.domid == ARGO_DOMID_CABLE) {
        return ENOTCONN;
    }
    if (!self.bound) {
        argo_bind request{};
        request.size = sizeof(request);
        request.partner = args.addr.domid;
        if (const int err = bind(self, request); err != 0) {
            return err;
        }
    }
    self.remote = address{domid_t{args.addr.domid}, args.addr.port};
    self.peer_was_there = find_ring(self, *self.remote) != nullptr;
    return 0;
}

int fake_driver::wait(lock_type& lock, const file& self, std::uint32_t flags, std::uint64_t timeout_ns,
                      const std::function<int()>& attempt) {
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
        const int err = attempt();
        if (err != EAGAIN || (flags & ARGO_DONTWAIT) != 0 || (::fcntl(self.user, F_GETFL) & O_NONBLOCK) != 0) {
            return err;
        }
        changed_.wait_for(lock, std::chrono::milliseconds(1));
        if (timeout_ns != 0 && std::chrono::steady_clock::now() - start > std::chrono::nanoseconds(timeout_ns)) {
            return ETIMEDOUT;
        }
    }
}

std::optional<address> fake_driver::resolve(const file& self, const argo_addr& addr) const {
    if (is_default(addr)) {
        return self.remote;
    }
    return address{domid_t{addr.domid}, addr.port};
}

std::optional<address> fake_driver::end_of(const file& sender, const address& destination) const {
    if (destination != cable_end) {
        return destination;
    }
    const auto found = cables_.find({domid_t{sender.domid}, sender.port});
    return found == cables_.end() ? std::nullopt : std::optional(found->second);
}

fake_driver::file* fake_driver::find_ring(const file& sender, const address& destination) {
    file* wildcard = nullptr;
    const auto end = end_of(sender, destination).value_or(cable_end);
    const auto domid = end.domid == domid_t::self ? sender.domid : to_number(end.domid);
    for (auto& [inode, target] : files_) {
        if (!target.bound || target.domid != domid || target.port != end.port || user_has_closed(target)) {
            continue;
        }
        if (target.partner == sender.domid) {
            return &target;
        }
        if (target.partner == ARGO_DOMID_ANY) {
            wildcard = &target;
        }
    }
    return wildcard;
}

std::size_t fake_driver::fill(const file& target) {
    std::size_t used = 0;
    for (const auto& queued : target.ring) {
        used += slot + (queued.payload.size() + slot - 1) / slot * slot;
    }
    return used;
}

bool fake_driver::fits(const file& target, std::size_t need) {
    const auto free = target.ring_size - 48 - fill(target);
    return slot + (need + slot - 1) / slot * slot <= free;
}

int fake_driver::send_one(file& self, argo_msg& msg) {
    const auto destination = resolve(self, msg.addr);
    if (!destination) {
        return ENOTCONN;
    }
    if (msg.iovcnt > 1024) {
        return EINVAL;
    }
    auto* target = find_ring(self, *destination);
    if (!end_of(self, *destination)) {
        return ENOTCONN;
    }
    if (target == nullptr) {
        return destination == self.remote && self.peer_was_there ? EPIPE : ECONNREFUSED;
    }
    self.peer_was_there = self.peer_was_there || destination == self.remote;
    message made{{domid_t{self.domid}, self.port}, msg.type, {}};
    last_vectors_.clear();
    for (const auto& vector : std::span(pointer<const argo_iovec>(msg.iov), msg.iovcnt)) {
        const auto* bytes = pointer<const std::byte>(vector.base);
        made.payload.insert(made.payload.end(), bytes, bytes + vector.len);
        last_vectors_.push_back(vector);
    }
    if (made.payload.size() > max_message(*target)) {
        return EMSGSIZE;
    }
    if (!fits(*target, made.payload.size())) {
        return EAGAIN;
    }
    msg.len = static_cast<std::uint32_t>(made.payload.size());
    target->ring.push_back(std::move(made));
    return 0;
}

int fake_driver::send(lock_type& lock, file& self, argo_batch& args) {
    if (args.size != sizeof(args) || args.count == 0 || args.count > max_batch_) {
        return EINVAL;
    }
    for (auto& msg : std::span(pointer<argo_msg>(args.msgs), args.count)) {
        const int err = wait(lock, self, args.flags, self.options.send_timeout_ns, [&] { return send_one(self, msg); });
        if (err != 0) {
            return args.done == 0 ? err : 0;
        }
        ++args.done;
        update_readiness();
        changed_.notify_all();
    }
    return 0;
}

int fake_driver::receive_one(file& self, argo_msg& msg, bool peek) {
    if (!self.bound) {
        return ENOTCONN;
    }
    if (self.ring.empty()) {
        const bool peer_has_gone = self.remote && self.peer_was_there && find_ring(self, *self.remote) == nullptr;
        return peer_has_gone ? ECONNRESET : EAGAIN;
    }
    const auto& next = self.ring.front();
    std::span<const std::byte> rest = next.payload;
    for (const auto& vector : std::span(pointer<const argo_iovec>(msg.iov), msg.iovcnt)) {
        const auto part = rest.first(std::min<std::size_t>(rest.size(), vector.len));
        std::copy(part.begin(), part.end(), pointer<std::byte>(vector.base));
        rest = rest.subspan(part.size());
    }
    msg.addr = {.port = next.source.port, .domid = to_number(next.source.domid), .reserved = 0};
    msg.type = next.type;
    msg.len = static_cast<std::uint32_t>(next.payload.size());
    msg.flags = rest.empty() ? 0U : ARGO_MSG_TRUNC;
    if (!peek) {
        self.ring.pop_front();
    }
    return 0;
}

int fake_driver::receive(lock_type& lock, file& self, argo_batch& args) {
    if (args.size != sizeof(args) || args.count == 0 || args.count > max_batch_) {
        return EINVAL;
    }
    const bool peek = (args.flags & ARGO_PEEK) != 0;
    for (auto& msg : std::span(pointer<argo_msg>(args.msgs), args.count)) {
        const auto flags = args.flags | (args.done == 0 ? 0U : ARGO_DONTWAIT);
        const int err =
            wait(lock, self, flags, self.options.recv_timeout_ns, [&] { return receive_one(self, msg, peek); });
        if (err != 0) {
            return args.done == 0 ? err : 0;
        }
        ++args.done;
    }
    return 0;
}

int fake_driver::space(lock_type& lock, file& self, argo_space& args) {
    if (args.size != sizeof(args) || args.state != 0 || args.max_message != 0) {
        return EINVAL;
    }
    const auto what = args.flags & ~ARGO_DONTWAIT;
    if (what == ARGO_SPACE_WATCH && is_default(args.addr)) {
        self.watch.reset();
        return 0;
    }
    const auto destination = resolve(self, args.addr);
    if (!destination) {
        return ENOTCONN;
    }
    if (what == ARGO_SPACE_WAIT || what == ARGO_SPACE_DRAIN) {
        return wait(lock, self, args.flags, args.timeout_ns, [&] {
            const auto* target = find_ring(self, *destination);
            if (target == nullptr) {
                return ECONNREFUSED;
            }
            if (args.need > max_message(*target)) {
                return EMSGSIZE;
            }
            return what == ARGO_SPACE_WAIT ? (fits(*target, args.need) ? 0 : EAGAIN)
                                           : (target->ring.empty() ? 0 : EAGAIN);
        });
    }
    if (what == ARGO_SPACE_WATCH) {
        self.watch = watched{*destination, args.need};
    }
    if (const auto* target = find_ring(self, *destination); target != nullptr) {
        args.max_message = static_cast<std::uint32_t>(max_message(*target));
        args.state = ARGO_STATE_EXISTS | (target->partner == ARGO_DOMID_ANY ? ARGO_STATE_SHARED : 0U) |
                     (target->ring.empty() ? ARGO_STATE_EMPTY : 0U) |
                     (args.need > args.max_message ? ARGO_STATE_TOO_LARGE : 0U) |
                     (args.need <= args.max_message && fits(*target, args.need) ? ARGO_STATE_SUFFICIENT : 0U);
    }
    return 0;
}

int fake_driver::options(file& self, argo_options& args) const {
    if (args.size != sizeof(args)) {
        return EINVAL;
    }
    const auto take = [&](std::uint32_t flag, auto& to, const auto& from) {
        if ((args.flags & flag) != 0) {
            to = from;
        }
    };
    take(ARGO_OPT_SEND_LOWAT, self.options.send_lowat, args.send_lowat);
    take(ARGO_OPT_TYPE, self.options.type, args.type);
    take(ARGO_OPT_SEND_TIMEOUT, self.options.send_timeout_ns, args.send_timeout_ns);
    take(ARGO_OPT_RECV_TIMEOUT, self.options.recv_timeout_ns, args.recv_timeout_ns);
    args.send_lowat = self.options.send_lowat;
    args.type = self.options.type;
    args.send_timeout_ns = self.options.send_timeout_ns;
    args.recv_timeout_ns = self.options.recv_timeout_ns;
    return 0;
}

int fake_driver::status(const file& self, argo_status& args) const {
    if (args.size != sizeof(args)) {
        return EINVAL;
    }
    const auto remote = self.remote.value_or(default_destination);
    args.flags = (self.bound ? ARGO_STATUS_BOUND : 0U) | (self.remote ? ARGO_STATUS_CONNECTED : 0U);
    args.local = {.port = self.port, .domid = self.domid, .reserved = 0};
    args.remote = {.port = remote.port, .domid = to_number(remote.domid), .reserved = 0};
    args.partner = self.partner;
    args.ring_size = self.ring_size;
    args.fill = static_cast<std::uint32_t>(fill(self));
    args.next_len = self.ring.empty() ? ~0U : static_cast<std::uint32_t>(self.ring.front().payload.size());
    return 0;
}

int fake_driver::list(const file& self, argo_list& args) {
    if (args.size != sizeof(args) || args.entry_size != sizeof(argo_ring_entry)) {
        return EINVAL;
    }
    const auto room = std::span(pointer<argo_ring_entry>(args.entries), args.count);
    args.count = 0;
    for (const auto& [inode, ring] : files_) {
        if (!ring.bound || ring.domid != self.domid || user_has_closed(ring)) {
            continue;
        }
        if (args.count < room.size()) {
            auto& entry = room[args.count];
            entry = {};
            entry.port = ring.port;
            entry.partner = ring.partner;
            entry.ring_size = ring.ring_size;
            entry.fill = static_cast<std::uint32_t>(fill(ring));
            constexpr std::string_view owner = "argo_char";
            std::copy(owner.begin(), owner.end(), std::begin(entry.owner));
            // Not terminated: a name may use all of its field.
            std::fill(std::begin(entry.comm), std::end(entry.comm), 'c');
        }
        ++args.count;
    }
    return 0;
}

int fake_driver::cable_add(const file& self, const argo_cable_change& args) {
    const auto& [src, dst] = args.cable;
    if (args.size != sizeof(args) || args.flags != 0 || src.reserved != 0 || dst.reserved != 0) {
        return EINVAL;
    }
    if (self.domid != 0) {
        return EPERM;
    }
    const address from{domid_t{src.domid}, src.port};
    return cables_.insert({from, {domid_t{dst.domid}, dst.port}}).second ? 0 : EEXIST;
}

int fake_driver::cable_remove(const file& self, const argo_cable_change& args) {
    const auto& [src, dst] = args.cable;
    if (args.size != sizeof(args) || args.flags != 0 || dst.domid != 0 || dst.port != 0) {
        return EINVAL;
    }
    if (self.domid != 0) {
        return EPERM;
    }
    return cables_.erase({domid_t{src.domid}, src.port}) == 0 ? ENOENT : 0;
}

int fake_driver::cable_list(argo_cable_list& args) const {
    if (args.size != sizeof(args) || args.flags != 0 || args.reserved != 0) {
        return EINVAL;
    }
    const auto room = std::span(pointer<argo_cable>(args.cables), args.count);
    args.count = 0;
    for (const auto& [from, to] : cables_) {
        if (args.count < room.size()) {
            room[args.count] = {.src = {.port = from.port, .domid = to_number(from.domid), .reserved = 0},
                                .dst = {.port = to.port, .domid = to_number(to.domid), .reserved = 0}};
        }
        ++args.count;
    }
    return 0;
}

bool fake_driver::user_has_closed(const file& self) {
    pollfd polled{.fd = self.inner.get(), .events = 0, .revents = 0};
    return ::poll(&polled, 1, 0) > 0 && (polled.revents & POLLHUP) != 0;
}

void fake_driver::update_readiness() {
    if (wakeups_are_lost_) {
        return;
    }
    for (auto& [inode, self] : files_) {
        if (user_has_closed(self)) {
            continue;
        }
        const bool reset = self.remote && self.peer_was_there && find_ring(self, *self.remote) == nullptr;
        set_readable(self, !self.ring.empty() || reset);
        bool writable = true;
        if (self.watch || self.remote) {
            const auto wanted = self.watch.value_or(watched{self.remote.value_or(address{}), self.options.send_lowat});
            const auto* target = find_ring(self, wanted.destination);
            writable = target == nullptr || fits(*target, wanted.need);
        }
        set_writable(self, writable);
    }
}

void fake_driver::set_readable(file& self, bool value) {
    if (self.readable == value) {
        return;
    }
    self.readable = value;
    char byte = 0;
    const auto moved =
        value ? ::send(self.inner.get(), &byte, 1, MSG_DONTWAIT) : ::recv(self.user, &byte, 1, MSG_DONTWAIT);
    if (moved != 1 && !user_has_closed(self)) {
        throw std::runtime_error("the fake's socket pair is out of step");
    }
}

void fake_driver::set_writable(file& self, bool value) {
    if (self.writable == value) {
        return;
    }
    self.writable = value;
    std::array<char, 4096> bytes{};
    if (value) {
        while (::recv(self.inner.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
        }
    } else {
        while (::send(self.user, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
        }
    }
}

} // namespace libargo::test
