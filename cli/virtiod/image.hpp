// SPDX-License-Identifier: MIT
// The file or block device behind a disk.
#pragma once

#include "util/descriptor.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace argovirtiod {

/// How an operation on an image ended.
enum class io_status : std::uint8_t { ok, error, unsupported };

/// An image is open in one process, and locked: a second one that would write it is refused.
///
/// Functions that do I/O block, and are safe from any thread. They do not look beyond the image's size at its end:
/// their callers have checked their requests.
class image {
public:
    struct options {
        std::string path;
        bool read_only = false;
        bool write_through = false; ///< a write is done when it is on the disk
    };

    /// @throws std::runtime_error with the reason and what to do
    explicit image(options chosen);

    [[nodiscard]] const options& chosen() const noexcept { return options_; }
    /// Bytes, as they are now. @throws std::runtime_error
    [[nodiscard]] std::uint64_t measure() const;
    /// Bytes of a block of the storage.
    [[nodiscard]] std::uint32_t block_size() const noexcept { return block_size_; }

    /// A read beyond the end of a file that has shrunk is an error.
    [[nodiscard]] io_status read(std::uint64_t offset, std::span<std::byte> into) const;
    /// Reads what is in memory already, without blocking. @returns whether all of it was
    [[nodiscard]] bool read_cached(std::uint64_t offset, std::span<std::byte> into) const;
    [[nodiscard]] io_status write(std::uint64_t offset, std::span<const std::byte> from) const;
    [[nodiscard]] io_status flush() const;
    [[nodiscard]] io_status discard(std::uint64_t offset, std::uint64_t size) const;
    /// @param may_discard the storage may be given back
    [[nodiscard]] io_status write_zeroes(std::uint64_t offset, std::uint64_t size, bool may_discard) const;

private:
    void open();
    void lock() const;

    options options_;
    argoctl::descriptor file_;
    bool is_device_ = false;
    std::uint32_t block_size_ = 512;
    mutable std::atomic<bool> can_try_ = true; // the file system knows reads that do not block
};

} // namespace argovirtiod
