// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace libargo::virtio {

namespace detail {
struct chain;
} // namespace detail

/// One request of a driver: bytes that the device reads, and room for bytes that the device writes. VirtIO calls it a
/// descriptor chain.
///
/// A device ends each request once, with `complete` or `fail`, when it likes and in any order. A request that is
/// destroyed before has failed: the driver sees an error, as for a device that broke. The answer is sent by the server.
///
/// The memory is the request's own: nothing that the driver does changes it. It is gone when the request has ended.
///
/// Thread safety: distinct requests: safe, from any thread. One request: unsafe. A request may be ended after the
/// device was reset or removed, and then has no effect.
class request {
public:
    /// Used by the library.
    [[gnu::visibility("default")]] explicit request(std::unique_ptr<detail::chain> what) noexcept;
    [[gnu::visibility("default")]] request(request&& other) noexcept;
    /// Fails the request that was here before, if any.
    [[gnu::visibility("default")]] request& operator=(request&& other) noexcept;
    request(const request&) = delete;
    request& operator=(const request&) = delete;
    /// Fails a request that has not ended.
    [[gnu::visibility("default")]] ~request();

    /// Whether the request has not ended and was not moved from. The other functions need that.
    [[nodiscard]] explicit operator bool() const noexcept { return what_ != nullptr; }

    /// The index of its virtqueue.
    [[nodiscard, gnu::visibility("default")]] std::uint16_t queue() const noexcept;
    /// The bytes that the driver sent.
    [[nodiscard, gnu::visibility("default")]] std::span<const std::byte> readable() const noexcept;
    /// The number of bytes that the device may write; 0 for a request without an answer.
    [[nodiscard, gnu::visibility("default")]] std::size_t room() const noexcept;

    /// A part of the room, for the device to fill. All of it is sent to the driver: the device has to write each byte.
    /// Before, the bytes are zero, or of earlier requests of the same domain.
    ///
    /// @throws std::out_of_range the part is not within the room
    [[nodiscard, gnu::visibility("default")]] std::span<std::byte> fill(std::size_t offset, std::size_t size);
    /// Writes bytes into the room, likewise.
    [[gnu::visibility("default")]] void write(std::size_t offset, std::span<const std::byte> bytes);

    /// Ends the request. What was filled is sent. What was not filled keeps the values that the driver's memory has.
    ///
    /// @param used the number of bytes that the device has written, as the driver is told
    /// @throws std::out_of_range more than the room; the request has not ended
    [[gnu::visibility("default")]] void complete(std::size_t used);
    /// Ends a request that the device could not do, or that made no sense: the driver's room is filled with 0xff.
    [[gnu::visibility("default")]] void fail() noexcept;

private:
    void end() noexcept;

    std::unique_ptr<detail::chain> what_;
};

} // namespace libargo::virtio
