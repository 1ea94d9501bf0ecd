// SPDX-License-Identifier: MIT
#pragma once

#include "file.hpp"
#include "outcome.hpp"

#include <linux/argo.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <span>
#include <string>
#include <vector>

namespace guest {

using bytes = std::vector<std::byte>;
using const_view = std::span<const std::byte>;
using view = std::span<std::byte>;
using duration = std::chrono::nanoseconds;

/// No limit, as the ABI has it.
inline constexpr duration forever{0};

inline constexpr argo_addr nowhere{0, ARGO_DOMID_ANY, 0};

constexpr argo_addr address(std::uint16_t domid, std::uint32_t port) { return {port, domid, 0}; }
constexpr argo_addr self(std::uint32_t port) { return address(ARGO_DOMID_SELF, port); }
constexpr bool same(const argo_addr& a, const argo_addr& b) {
    return a.port == b.port && a.domid == b.domid && a.reserved == b.reserved;
}
std::string to_string(const argo_addr& addr);

argo_iovec vector_of(const_view data);

struct bind_request {
    std::uint32_t port = ARGO_PORT_ANY;
    std::uint16_t partner = ARGO_DOMID_SELF;
    std::uint32_t ring_size = 4096;
    std::uint32_t flags = 0;
};

struct wait {
    std::uint32_t flags = 0;
    duration timeout = forever;
};

inline constexpr wait no_wait{ARGO_DONTWAIT, forever};
inline constexpr wait peek{ARGO_PEEK | ARGO_DONTWAIT, forever};

struct message {
    argo_addr from{};
    std::uint32_t type = 0;
    std::uint32_t flags = 0;
    std::uint32_t len = 0;
    bytes data;
};

/// One open /dev/argo with the raw ioctls: nothing retried, nothing hidden.
class endpoint {
public:
    /// Throws std::system_error when the device cannot be opened.
    explicit endpoint(int open_flags = 0);
    explicit endpoint(file device) : device_{std::move(device)} {}

    [[nodiscard]] int fd() const { return device_.get(); }
    void close() { device_.reset(); }
    [[nodiscard]] endpoint duplicate() const;

    outcome call(unsigned long request, void* argument) const;

    outcome info(argo_info& out) const;
    outcome bind(const bind_request& want);
    /// Writes the call's argument, as the kernel left it, to `out`.
    outcome bind(const bind_request& want, argo_bind& out);
    outcome connect(const argo_addr& peer) const;
    outcome disconnect() const { return connect(nowhere); }

    outcome send(const argo_addr& to, const_view data, std::uint32_t type = 0, const wait& how = {}) const;
    outcome send(std::span<argo_msg> messages, std::uint32_t& done, const wait& how = {}) const;
    /// Receives one message into a buffer of `capacity` bytes; `out.data` is what was stored.
    outcome receive(message& out, std::size_t capacity, const wait& how = {}) const;
    outcome receive(std::span<argo_msg> messages, std::uint32_t& done, const wait& how = {}) const;

    outcome space(const argo_addr& to, std::uint32_t need, argo_space& out, const wait& how = {}) const;
    outcome options(argo_options& inout) const;
    outcome status(argo_status& out) const;

    [[nodiscard]] bool nonblocking(bool on) const;
    /// The events poll(2) reports within `timeout`, 0 if none.
    [[nodiscard]] short poll(short events, std::chrono::milliseconds timeout) const;

    /// What bind gave, or what status says: zero when neither was called.
    [[nodiscard]] std::uint32_t port() const { return port_; }
    [[nodiscard]] std::uint16_t domid() const { return domid_; }
    [[nodiscard]] std::uint32_t ring_size() const { return ring_size_; }
    [[nodiscard]] std::uint32_t max_message() const { return max_message_; }
    [[nodiscard]] argo_addr local() const { return address(domid_, port_); }

private:
    file device_;
    std::uint32_t port_ = 0;
    std::uint16_t domid_ = 0;
    std::uint32_t ring_size_ = 0;
    std::uint32_t max_message_ = 0;
};

/// The domain's own id and limits. Throws std::system_error.
argo_info information();
std::uint16_t own_domid();

/// The rings that this process may see. Throws std::system_error.
std::vector<argo_ring_entry> rings();

} // namespace guest
