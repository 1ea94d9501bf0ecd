// SPDX-License-Identifier: MIT
#pragma once

#include "endpoint.hpp"

#include <array>
#include <cstddef>

namespace guest {

std::size_t page_size();

/// Private mapping of whole pages; unmapped with the object. Throws std::system_error.
class mapping {
public:
    /// Anonymous pages, not yet faulted in.
    explicit mapping(std::size_t pages);
    /// The first pages of a file, shared with it.
    mapping(const file& of, std::size_t pages);
    mapping(const mapping&) = delete;
    mapping& operator=(const mapping&) = delete;
    ~mapping();

    [[nodiscard]] std::byte* data() const { return data_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] view all() const { return {data_, size_}; }
    [[nodiscard]] std::byte* end() const { return data_ + size_; }

    /// `protection` is of mprotect(2).
    void protect(std::size_t first_page, std::size_t pages, int protection) const;

private:
    std::byte* data_;
    std::size_t size_;
};

/// Pages that end at one that nobody may touch.
class guarded {
public:
    explicit guarded(std::size_t pages);
    /// The last `count` bytes before the forbidden page.
    [[nodiscard]] view last(std::size_t count) const;
    [[nodiscard]] view all() const;
    [[nodiscard]] std::byte* forbidden() const;

private:
    mapping mapping_;
};

/// An unlinked file of whole pages, with something in it that is in no page table.
file temporary_file(std::size_t pages, std::byte fill);

/// Addresses that no program may pass: 0, one in the first page, kernel space, a hole in the address space.
inline constexpr std::array<std::uint64_t, 5> bad_addresses{0, 8, 0xffff880000000000U, 0xfffffffffffffff0U,
                                                            0x0000800000000000U};

} // namespace guest
