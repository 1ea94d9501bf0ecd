// SPDX-License-Identifier: MIT
#pragma once

#include "file.hpp"
#include "memory.hpp"

#include <chrono>

namespace guest {

/// Pages of userfaultfd(2): an access to them waits until they are provided.
class absent_memory {
public:
    /// Throws std::system_error, also where vm.unprivileged_userfaultfd forbids it.
    explicit absent_memory(std::size_t pages);
    absent_memory(const absent_memory&) = delete;
    absent_memory& operator=(const absent_memory&) = delete;
    /// Provides what is awaited, so that nobody is left waiting.
    ~absent_memory() { provide(); }

    [[nodiscard]] view all() const { return pages_.all(); }
    /// Waits until somebody waits for a page; returns whether somebody does.
    [[nodiscard]] bool is_awaited(std::chrono::milliseconds within) const;
    /// Makes them pages of zeros.
    void provide() const;
    /// Takes them away again.
    void withdraw() const;

private:
    mapping pages_;
    file userfault_;
};

} // namespace guest
