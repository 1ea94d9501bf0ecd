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
    explicit ring_memory(u32 len) : len_(len), bytes_(std::make_unique<u8[]>(sizeof(argo_ring_header) + len)) {}

    [[nodiscard]] u32 len() const { return len_; }

    [[nodiscard]] argo_ring_header& header() const { return *reinterpret_cast<argo_ring_header*>(bytes_.get()); }

    [[nodiscard]] std::span<u8> data() const { return {bytes_.get() + sizeof(argo_ring_header), len_}; }

private:
    u32 len_;
    std::unique_ptr<u8[]> bytes_;
};

} // namespace argo_test
