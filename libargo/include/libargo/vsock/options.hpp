// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/time.h>

#include <linux/vm_sockets.h>

namespace libargo::vsock {

namespace detail {

/// A socket option of <linux/vm_sockets.h>: a value of a fixed size at the level AF_VSOCK.
template <int Name, class Value> class option {
public:
    template <class Protocol> [[nodiscard]] int level(const Protocol&) const noexcept { return AF_VSOCK; }
    template <class Protocol> [[nodiscard]] int name(const Protocol&) const noexcept { return Name; }
    template <class Protocol> [[nodiscard]] Value* data(const Protocol&) noexcept { return &value_; }
    template <class Protocol> [[nodiscard]] const Value* data(const Protocol&) const noexcept { return &value_; }
    template <class Protocol> [[nodiscard]] std::size_t size(const Protocol&) const noexcept { return sizeof(value_); }
    template <class Protocol> void resize(const Protocol&, std::size_t size) const {
        if (size != sizeof(value_)) {
            throw std::length_error("the kernel's vsock option has another size than this program's");
        }
    }

protected:
    option() = default;
    explicit option(const Value& value) noexcept : value_(value) {}
    [[nodiscard]] const Value& get() const noexcept { return value_; }

private:
    Value value_{};
};

/// An option that is a number of bytes.
template <int Name> class size_option : public option<Name, std::uint64_t> {
public:
    /// 0, for `get_option`.
    size_option() = default;
    /// A number of bytes, for `set_option`.
    explicit size_option(std::uint64_t bytes) noexcept : option<Name, std::uint64_t>(bytes) {}

    /// The number of bytes.
    [[nodiscard]] std::uint64_t value() const noexcept { return this->get(); }
};

} // namespace detail

/// The credit that a socket gives its peer: the bytes that may be sent to the socket and unread. For `set_option` and
/// `get_option` of streams and `seqpacket`. The kernel keeps the value between the next two options, and uses it for
/// connections that are made afterwards.
using buffer_size = detail::size_option<SO_VM_SOCKETS_BUFFER_SIZE>;
/// The smallest `buffer_size`, in bytes. A smaller `buffer_size` is raised to it.
using buffer_min_size = detail::size_option<SO_VM_SOCKETS_BUFFER_MIN_SIZE>;
/// The largest `buffer_size`, in bytes. A larger `buffer_size` is lowered to it.
using buffer_max_size = detail::size_option<SO_VM_SOCKETS_BUFFER_MAX_SIZE>;

/// The longest wait of a connect for an answer, for `set_option` and `get_option` of streams and `seqpacket`. The
/// kernel rounds up to its ticks, and takes 0 for two seconds. Setting a negative time fails with ERANGE.
class connect_timeout : public detail::option<SO_VM_SOCKETS_CONNECT_TIMEOUT, timeval> {
public:
    /// No time, for `get_option`.
    connect_timeout() = default;
    /// A time, for `set_option`.
    explicit connect_timeout(std::chrono::microseconds time) noexcept : option(split(time)) {}

    /// The time.
    [[nodiscard]] std::chrono::microseconds value() const noexcept {
        return std::chrono::seconds(get().tv_sec) + std::chrono::microseconds(get().tv_usec);
    }

private:
    static timeval split(std::chrono::microseconds time) noexcept {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
        return {.tv_sec = seconds.count(), .tv_usec = (time - seconds).count()};
    }
};

} // namespace libargo::vsock
