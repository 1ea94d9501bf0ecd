// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <libargo/virtio/detail/buffer.hpp>

namespace libargo::virtio::detail {

class attachment;
class completions;

/// A part of a chain's room.
struct part {
    std::size_t offset = 0;
    std::size_t size = 0;

    [[nodiscard]] std::size_t end() const noexcept { return offset + size; }
    friend bool operator==(const part&, const part&) = default;
};

/// Adds a part to others, which are in ascending order, and neither overlap nor touch each other.
[[gnu::visibility("default")]] void add_part(std::vector<part>& parts, part added);

/// A request on its way through the device side.
struct chain {
    std::weak_ptr<attachment> owner; ///< weak, since a device may keep a request for ever
    std::uint16_t device = 0;        ///< its number
    std::shared_ptr<completions> home;
    std::shared_ptr<buffer_pool> pool;
    std::uint64_t life = 0; ///< of its device, when it came
    std::uint16_t queue = 0;
    std::uint16_t id = 0;
    std::uint32_t epoch = 0;
    std::uint32_t room_size = 0;

    buffer readable_memory;
    std::span<const std::byte> readable{};
    buffer room;
    std::vector<part> written;
    std::uint32_t used = 0;
    bool failed = false;

    // Parts of the answer that are in messages already.
    std::size_t parts_sent = 0;
    std::size_t bytes_sent = 0; ///< of the part that is next
};

/// Completions and changes of devices, from any thread, until the executor takes them.
class completions {
public:
    /// @param wake called when there is something and was nothing, from any thread
    explicit completions(std::function<void()> wake) : wake_(std::move(wake)) {}

    void finished(std::unique_ptr<chain> what) noexcept;
    void config_changed(std::weak_ptr<attachment> whose);
    /// Nothing is taken any more.
    [[gnu::visibility("default")]] void close() noexcept;

    struct news {
        std::vector<std::unique_ptr<chain>> finished;
        std::vector<std::weak_ptr<attachment>> changed;
    };
    [[nodiscard, gnu::visibility("default")]] news take();

private:
    void added(std::unique_lock<std::mutex> lock, bool was_empty) noexcept;

    std::mutex mutex_;
    news news_;
    std::function<void()> wake_;
    bool closed_ = false;
};

} // namespace libargo::virtio::detail
