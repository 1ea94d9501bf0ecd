// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace guest::stream {

/// A connection. All of these throw std::runtime_error when it fails.
class connection {
public:
    virtual ~connection() = default;

    /// Waits for at least one byte; 0 when the other side has ended.
    virtual std::size_t read(std::span<std::byte> data) = 0;
    /// Waits until all is under way.
    virtual void write(std::span<const std::byte> data) = 0;

    /// No more will be written from here; does nothing where the transport knows no such thing.
    virtual void end_writing() {}
    /// Waits until the other side has said so; does nothing where it cannot.
    virtual void await_end() {}
};

/// Where connections come in, one at a time.
class listener {
public:
    virtual ~listener() = default;
    virtual std::unique_ptr<connection> accept() = 0;
};

/// The other side, or where to be found.
struct place {
    std::string transport; ///< tcp, vsock, vchan
    std::string to;        ///< tcp: an IPv4 address; else a domid. For a server of vchan its client, else unused
    std::uint16_t port = 0;
    /// tcp: what SO_BUSY_POLL is set to; 0 leaves it as the system has it.
    std::chrono::microseconds busy_poll{0};
};

/// The maximum time that connecting waits, and that nothing may come on a connection before that is an error.
inline constexpr std::chrono::seconds patience{60};

std::unique_ptr<listener> listen(const place& where);
std::unique_ptr<connection> connect(const place& where);

} // namespace guest::stream
