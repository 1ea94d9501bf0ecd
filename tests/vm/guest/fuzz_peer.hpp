// SPDX-License-Identifier: MIT
#pragma once

#include "endpoint.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace guest::fuzz {

template <typename Header> const_view view_of(const Header& header) { return std::as_bytes(std::span{&header, 1}); }

/// The place of a front-end of this domain, from which anything can be sent to that of domain 0.
class peer {
public:
    static constexpr std::size_t largest = 66000;

    explicit peer(std::uint32_t port) : port_{port} {
        bind_request want;
        want.port = port;
        want.partner = 0;
        want.ring_size = 1U << 17U;
        if (const auto result = device_.bind(want); !result) {
            throw std::runtime_error("port " + std::to_string(port) +
                                     " cannot be bound: has this domain a front-end of its own? errno " +
                                     std::to_string(result.code));
        }
    }

    [[nodiscard]] std::uint16_t domid() const { return device_.domid(); }

    /// A header, and `size` bytes after it.
    void send(const_view header, std::size_t size, std::uint32_t type) {
        std::ranges::copy(header, message_.begin());
        device_.send(address(0, port_), const_view{message_}.first(std::min(header.size() + size, largest)), type,
                     {0, patience});
    }

    /// Until the other side has read all that was sent.
    void drain() const {
        argo_space ignored{};
        device_.space(address(0, port_), 0, ignored, {ARGO_SPACE_DRAIN, patience});
    }

    void receive_all(const std::function<void(const_view)>& take) {
        message got;
        while (device_.receive(got, 64, no_wait)) {
            take(got.data);
        }
    }

private:
    static constexpr std::chrono::milliseconds patience{200};

    std::uint32_t port_;
    endpoint device_;
    bytes message_ = bytes(largest, std::byte{0x5a});
};

} // namespace guest::fuzz
