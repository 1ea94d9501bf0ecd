// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace guest::stream {

/*
 * What goes over a stream that is measured: blocks of one size, numbered from 0. A block begins and ends with its
 * number, between them is the same pattern in all. So a sender need not make its data anew each time, and a receiver
 * sees what is lost, repeated or out of place from two words of a block. It compares all of every 64th block: to
 * compare all of them would be a good part of what is measured.
 */

inline constexpr std::size_t least_block = 16;
inline constexpr std::size_t most_block = std::size_t{1} << 20;

/// Throws std::invalid_argument unless there can be blocks of that size.
void check_block_size(std::size_t size);

class block_maker {
public:
    explicit block_maker(std::size_t size);

    /// Good until the next call.
    std::span<const std::byte> make(std::uint64_t number, bool last);

private:
    std::vector<std::byte> block_;
};

class block_checker {
public:
    explicit block_checker(std::size_t size);

    /// Where the stream's next bytes go: never empty, often shorter than what is on its way.
    [[nodiscard]] std::span<std::byte> room() { return std::span{buffer_}.subspan(filled_); }
    /// So many bytes were put there.
    void took(std::size_t count);

    /// The last block came.
    [[nodiscard]] bool ended() const { return ended_; }
    /// All was as it must be so far.
    [[nodiscard]] bool intact() const { return intact_; }
    [[nodiscard]] std::uint64_t blocks() const { return blocks_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    void check(std::span<const std::byte> block);

    std::vector<std::byte> expected_;
    /// A whole number of blocks, so that none is in two parts.
    std::vector<std::byte> buffer_;
    std::size_t filled_ = 0;
    std::size_t checked_ = 0;
    std::uint64_t blocks_ = 0;
    std::uint64_t bytes_ = 0;
    bool ended_ = false;
    bool intact_ = true;
};

} // namespace guest::stream
