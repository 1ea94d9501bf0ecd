// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <libargo/linux/argo.h>

namespace libargo::detail {

/// A buffer sequence in the driver's form. It refers to the same memory; no payload is copied.
class iovec_list {
public:
    /// Adds a buffer; one without bytes is left out.
    void add(const void* data, std::size_t size) {
        if (size == 0) {
            return;
        }
        const argo_iovec entry{reinterpret_cast<std::uintptr_t>(data), size};
        bytes_ += size;
        if (more_.empty() && count_ < few_.size()) {
            few_[count_++] = entry;
            return;
        }
        if (more_.empty()) {
            more_.assign(few_.begin(), few_.end());
        }
        more_.push_back(entry);
    }

    [[nodiscard]] std::span<const argo_iovec> vectors() const noexcept {
        if (more_.empty()) {
            return std::span(few_).first(count_);
        }
        return more_;
    }
    /// The bytes of all buffers.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    std::array<argo_iovec, 8> few_{};
    std::size_t count_ = 0;
    std::vector<argo_iovec> more_;
    std::size_t bytes_ = 0;
};

} // namespace libargo::detail
