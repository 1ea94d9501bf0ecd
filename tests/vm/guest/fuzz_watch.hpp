// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string_view>

namespace guest::fuzz {

/// The inputs that a process ran last, in memory that outlives it.
class journal {
public:
    static constexpr std::size_t most = 8;
    static constexpr std::size_t longest = 4096;

    void add(std::string_view line);
    [[nodiscard]] std::size_t added() const;
    /// Oldest first.
    void print() const;

private:
    friend int watched(const std::function<int(journal&)>& body);
    journal() = default;

    struct contents;
    contents* shared_ = nullptr;
};

/// Runs `body` in a child process and watches it and the kernel's log. When the kernel complains, or the child dies or
/// gets stuck, prints why and the inputs that may be the cause: each can be given to `argo-fuzz replay`. Returns the
/// status of the child, or 1.
int watched(const std::function<int(journal&)>& body);

} // namespace guest::fuzz
