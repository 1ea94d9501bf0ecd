// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "argo/ring.h"

namespace argo_test {

/// A ring in a heap allocation of exactly its size, so that a sanitizer sees any access beyond it.
class ring_memory {
public:
    explicit ring_memory(u32 len, const argo_ring_layout& layout = argo_ring_layout_argo)
        : len_(len), layout_(layout), bytes_(std::make_unique<u8[]>(layout.header + len)) {}

    [[nodiscard]] u32 len() const { return len_; }

    [[nodiscard]] const argo_ring_layout& layout() const { return layout_; }

    [[nodiscard]] void* base() const { return bytes_.get(); }

    [[nodiscard]] u32& rx_index() const { return *reinterpret_cast<u32*>(&bytes_[layout_.rx]); }

    [[nodiscard]] u32& tx_index() const { return *reinterpret_cast<u32*>(&bytes_[layout_.tx]); }

    [[nodiscard]] std::span<u8> data() const { return {&bytes_[layout_.header], len_}; }

private:
    u32 len_;
    argo_ring_layout layout_;
    std::unique_ptr<u8[]> bytes_;
};

} // namespace argo_test
