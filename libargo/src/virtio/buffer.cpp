// SPDX-License-Identifier: MIT
#include <libargo/virtio/detail/buffer.hpp>

#include <algorithm>
#include <bit>
#include <new>

namespace libargo::virtio::detail {
namespace {

constexpr std::size_t smallest = 4096;

} // namespace

void buffer::give_back() noexcept {
    if (home_ != nullptr && memory_ != nullptr) {
        home_->give_back(std::move(memory_), capacity_);
    }
}

buffer buffer_pool::take(std::size_t size) {
    const std::size_t capacity = std::bit_ceil(std::max(size, smallest));
    {
        const std::lock_guard lock(mutex_);
        const auto found = free_.find(capacity);
        if (found != free_.end() && !found->second.empty()) {
            auto memory = std::move(found->second.back());
            found->second.pop_back();
            kept_ -= capacity;
            return {shared_from_this(), std::move(memory), capacity};
        }
    }
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): as in the header
    buffer::memory_type memory(static_cast<std::byte*>(std::calloc(capacity, 1)));
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return {shared_from_this(), std::move(memory), capacity};
}

void buffer_pool::give_back(buffer::memory_type memory, std::size_t capacity) noexcept {
    const std::lock_guard lock(mutex_);
    if (kept_ + capacity > most_kept_) {
        return;
    }
    try {
        free_[capacity].push_back(std::move(memory));
        kept_ += capacity;
    } catch (const std::bad_alloc&) {
        return; // freed
    }
}

} // namespace libargo::virtio::detail
