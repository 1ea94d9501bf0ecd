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

/// What all options have: a value of a fixed size at the level AF_VSOCK, as <linux/vm_sockets.h> has it.
template <int Name, class Value> class option {
public:
    template <class Protocol> [[nodiscard]] int level(const Protocol&) const noexcept { return AF_VSOCK; }
    template <class Protocol> [[nodiscard]] int name(const Protocol&) const noexcept { return Name; }
    template <class Protocol> [[nodiscard]] Value* data(const Protocol&) noexcept { return &value_; }
    template <class Protocol> [[nodiscard]] const Value* data(const Protocol&) const noexcept { return &value_; }
    template <class Protocol> [[nodiscard]] std::size_t size(const Protocol&) const noexcept { return sizeof(value_); }
    template <class Protocol> void resize(const Protocol&, std::size_t size) const {
        if (size != sizeof(value_)) {
            throw std::length_error("a vsock option of another size than this program knows");
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
    /// 0, to be got.
    size_option() = default;
    /// So many bytes, to be set.
    explicit size_option(std::uint64_t bytes) noexcept : option<Name, std::uint64_t>(bytes) {}

    /// In bytes.
    [[nodiscard]] std::uint64_t value() const noexcept { return this->get(); }
};

} // namespace detail

/// How much may be on its way to a socket and unread, in bytes, for `set_option` and `get_option` of streams and
/// `seqpacket`. The kernel keeps it between the next two; it is for connections that are made afterwards.
using buffer_size = detail::size_option<SO_VM_SOCKETS_BUFFER_SIZE>;
/// The least that `buffer_size` may be, in bytes; raises it where it is less.
using buffer_min_size = detail::size_option<SO_VM_SOCKETS_BUFFER_MIN_SIZE>;
/// The most that `buffer_size` may be, in bytes; lowers it where it is more.
using buffer_max_size = detail::size_option<SO_VM_SOCKETS_BUFFER_MAX_SIZE>;

/// How long connecting waits for an answer, for `set_option` and `get_option` of streams and `seqpacket`. The kernel
/// rounds up to its ticks, and takes 0 for two seconds. Setting a negative one fails with ERANGE.
class connect_timeout : public detail::option<SO_VM_SOCKETS_CONNECT_TIMEOUT, timeval> {
public:
    /// None, to be got.
    connect_timeout() = default;
    /// A time, to be set.
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
