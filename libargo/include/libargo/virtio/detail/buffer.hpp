// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace libargo::virtio::detail {

class buffer_pool;

/// Memory that goes back to its pool.
class buffer {
public:
    struct freeing {
        // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): calloc() does not touch large memory that is zero already
        void operator()(std::byte* memory) const noexcept { std::free(memory); }
    };
    using memory_type = std::unique_ptr<std::byte, freeing>;

    buffer() = default;
    buffer(std::shared_ptr<buffer_pool> home, memory_type memory, std::size_t capacity) noexcept
        : home_(std::move(home)), memory_(std::move(memory)), capacity_(capacity) {}
    buffer(buffer&& other) noexcept
        : home_(std::move(other.home_)), memory_(std::move(other.memory_)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    buffer& operator=(buffer&& other) noexcept {
        std::swap(home_, other.home_);
        std::swap(memory_, other.memory_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    buffer(const buffer&) = delete;
    buffer& operator=(const buffer&) = delete;
    ~buffer() { give_back(); }

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {memory_.get(), capacity_}; }
    [[nodiscard]] bool empty() const noexcept { return capacity_ == 0; }

private:
    [[gnu::visibility("default")]] void give_back() noexcept;

    std::shared_ptr<buffer_pool> home_;
    memory_type memory_;
    std::size_t capacity_ = 0;
};

/// Memory for the chains of one driver domain, or for messages. What one domain's chains left in a room is never sent
/// to another domain, since each domain has a pool of its own, and new memory is zero.
///
/// Thread safety: safe.
class buffer_pool : public std::enable_shared_from_this<buffer_pool> {
public:
    /// @param most_kept bytes that are kept for later; what is in use is not counted
    explicit buffer_pool(std::size_t most_kept) noexcept : most_kept_(most_kept) {}

    /// Memory of at least @p size bytes. @throws std::bad_alloc
    [[nodiscard, gnu::visibility("default")]] buffer take(std::size_t size);

private:
    friend class buffer;
    void give_back(buffer::memory_type memory, std::size_t capacity) noexcept;

    std::mutex mutex_;
    std::map<std::size_t, std::vector<buffer::memory_type>> free_; // by capacity
    std::size_t kept_ = 0;
    std::size_t most_kept_;
};

} // namespace libargo::virtio::detail
