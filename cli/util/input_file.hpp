// SPDX-License-Identifier: MIT
#pragma once

#include "util/asio.hpp"
#include "util/descriptor.hpp"
#include "util/readiness.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace argoctl {

/// A file, or standard input ("-"), that is read from where it stands to its end.
class input_file {
public:
    /// @throws failure if the file cannot be read
    input_file(const asio::any_io_executor& executor, const std::string& path);

    /// Bytes to its end, of a regular file.
    [[nodiscard]] std::optional<std::uint64_t> size() const { return size_; }

    /// Waits for the first byte; 0 is the end.
    asio::awaitable<std::size_t> read(std::span<std::byte> buffer, error_code& ec);
    void cancel() { readiness_->cancel(); }

private:
    descriptor owned_;
    int fd_ = STDIN_FILENO;
    std::optional<std::uint64_t> size_;
    std::optional<readiness> readiness_;
};

} // namespace argoctl
