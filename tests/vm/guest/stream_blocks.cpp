// SPDX-License-Identifier: MIT
#include "stream_blocks.hpp"

#include <cstring>
#include <stdexcept>
#include <string>

namespace guest::stream {

namespace {

constexpr std::size_t word = sizeof(std::uint64_t);
constexpr std::size_t least_buffer = std::size_t{64} << 10;
constexpr std::uint64_t compared_every = 64;

void put(std::span<std::byte> block, std::size_t offset, std::uint64_t value) {
    std::memcpy(block.subspan(offset, word).data(), &value, word);
}

std::uint64_t get(std::span<const std::byte> block, std::size_t offset) {
    std::uint64_t value = 0;
    std::memcpy(&value, block.subspan(offset, word).data(), word);
    return value;
}

/// Words of which no two are alike.
std::vector<std::byte> pattern(std::size_t size) {
    check_block_size(size);
    std::vector<std::byte> block(size);
    std::uint64_t value = size;
    for (std::size_t offset = 0; offset < size; offset += word) {
        value = value * 6364136223846793005U + 1442695040888963407U;
        put(block, offset, value);
    }
    return block;
}

std::uint64_t mark(std::uint64_t number, bool last) { return number << 1U | static_cast<std::uint64_t>(last); }

} // namespace

void check_block_size(std::size_t size) {
    if (size < least_block || size > most_block || size % word != 0) {
        throw std::invalid_argument("no blocks of " + std::to_string(size) + " bytes: from " +
                                    std::to_string(least_block) + " to " + std::to_string(most_block) +
                                    " in steps of " + std::to_string(word));
    }
}

block_maker::block_maker(std::size_t size) : block_{pattern(size)} {}

std::span<const std::byte> block_maker::make(std::uint64_t number, bool last) {
    put(block_, 0, mark(number, last));
    put(block_, block_.size() - word, mark(number, last));
    return block_;
}

block_checker::block_checker(std::size_t size)
    : expected_{pattern(size)}, buffer_((least_buffer + size - 1) / size * size) {}

void block_checker::took(std::size_t count) {
    filled_ += count;
    bytes_ += count;
    const auto size = expected_.size();
    for (; filled_ - checked_ >= size; checked_ += size) {
        check(std::span{buffer_}.subspan(checked_, size));
    }
    // Bytes after the last block are nobody's.
    intact_ = intact_ && !(ended_ && filled_ != checked_);
    if (filled_ == buffer_.size()) {
        filled_ = checked_ = 0;
    }
}

void block_checker::check(std::span<const std::byte> block) {
    const auto first = get(block, 0);
    const auto last = (first & 1U) != 0;
    bool good = !ended_ && first == mark(blocks_, last) && get(block, block.size() - word) == first;
    if (good && (blocks_ % compared_every == 0 || last)) {
        const auto inside = block.size() - 2 * word;
        good = std::memcmp(block.subspan(word).data(), std::span{expected_}.subspan(word).data(), inside) == 0;
    }
    intact_ = intact_ && good;
    // What is not a number of the stream tells nothing of its end.
    ended_ = ended_ || (good && last);
    ++blocks_;
}

} // namespace guest::stream
