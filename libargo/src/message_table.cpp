// SPDX-License-Identifier: MIT
#include <libargo/detail/driver.hpp>
#include <libargo/detail/message_table.hpp>

namespace libargo::detail {

void message_table::reserve(std::size_t messages) {
    messages_.reserve(messages);
    vectors_.reserve(messages);
    bytes_.reserve(messages);
}

void message_table::add(const iovec_list& payload, const address& addr, message_type type) {
    const auto vectors = payload.vectors();
    vectors_.insert(vectors_.end(), vectors.begin(), vectors.end());
    messages_.push_back(to_message(vectors, addr, type));
    bytes_.push_back(payload.bytes());
}

std::span<argo_msg> message_table::from(std::size_t first) noexcept {
    // The vectors of one message follow those of the one before. They stay where they are once all have been added.
    if (!placed_) {
        const auto* next = vectors_.data();
        for (auto& message : messages_) {
            message.iov = to_user_pointer(next);
            next += message.iovcnt;
        }
        placed_ = true;
    }
    return std::span(messages_).subspan(first);
}

address message_table::destination(std::size_t index) const noexcept { return to_info(messages_[index]).source; }

} // namespace libargo::detail
