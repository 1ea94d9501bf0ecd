// SPDX-License-Identifier: MIT
#include <libargo/virtio/detail/chain.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace libargo::virtio::detail {

void add_part(std::vector<part>& parts, part added) {
    if (added.size == 0) {
        return;
    }
    const auto first = std::find_if(parts.begin(), parts.end(), [&](const part& p) { return p.end() >= added.offset; });
    auto last = first;
    while (last != parts.end() && last->offset <= added.end()) {
        const std::size_t end = std::max(added.end(), last->end());
        added.offset = std::min(added.offset, last->offset);
        added.size = end - added.offset;
        ++last;
    }
    parts.insert(parts.erase(first, last), added);
}

void completions::finished(std::unique_ptr<chain> what) noexcept {
    std::unique_lock lock(mutex_);
    if (closed_) {
        // The chain may be the last that holds its device, which may end other requests when it is destroyed.
        lock.unlock();
        what.reset();
        return;
    }
    const bool was_empty = news_.finished.empty() && news_.changed.empty();
    // A chain whose end is not noted would hold up its device for ever, so without memory for it the program ends here.
    news_.finished.push_back(std::move(what));
    added(std::move(lock), was_empty);
}

void completions::config_changed(std::weak_ptr<attachment> whose) {
    std::unique_lock lock(mutex_);
    if (closed_) {
        return;
    }
    const bool was_empty = news_.finished.empty() && news_.changed.empty();
    news_.changed.push_back(std::move(whose));
    added(std::move(lock), was_empty);
}

void completions::added(std::unique_lock<std::mutex> lock, bool was_empty) noexcept {
    // Under the lock: after close(), wake_ is not called any more.
    if (was_empty && wake_) {
        wake_();
    }
    lock.unlock();
}

void completions::close() noexcept {
    news dropped;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    std::swap(dropped, news_);
}

completions::news completions::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(news_, {});
}

} // namespace libargo::virtio::detail
