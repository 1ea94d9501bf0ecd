// SPDX-License-Identifier: MIT
#pragma once

#include "util/asio.hpp"
#include "util/descriptor.hpp"
#include "util/readiness.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <unistd.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace argoctl {

/// A file that appears under its name when it is complete. Standard output ("-"), a device or a pipe gets the data as
/// they are written.
class output_file {
public:
    /// @throws failure if the file cannot be written
    output_file(const asio::any_io_executor& executor, const std::string& path);
    /// Removes the file if it was not committed.
    ~output_file();
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;

    asio::awaitable<error_code> write(std::span<const std::byte> data);
    void cancel() { readiness_->cancel(); }

    /// Gives the file its name.
    [[nodiscard]] error_code commit();
    /// Keeps the incomplete file.
    /// @returns its name; empty if there is no such file
    [[nodiscard]] std::string keep_partial();

private:
    descriptor owned_;
    int fd_ = STDOUT_FILENO;
    std::string target_;
    std::string partial_; // name of the incomplete file; empty if there is none
    std::optional<readiness> readiness_;
};

} // namespace argoctl
