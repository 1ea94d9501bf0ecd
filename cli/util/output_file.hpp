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

/// A file that appears under its name when it is complete, or standard output ("-"), or a device or pipe, which get
/// what is written at once.
class output_file {
public:
    /// Throws failure with what is wrong.
    output_file(const asio::any_io_executor& executor, const std::string& path);
    /// Removes what was not committed.
    ~output_file();
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;

    asio::awaitable<error_code> write(std::span<const std::byte> data);
    void cancel() { readiness_->cancel(); }

    /// Gives it its name.
    [[nodiscard]] error_code commit();
    /// Leaves what there is under a name of its own, which is returned; empty if there is nothing to keep.
    [[nodiscard]] std::string keep_partial();

private:
    descriptor owned_;
    int fd_ = STDOUT_FILENO;
    std::string target_;
    std::string partial_; // name until it is complete; empty of what is written in place
    std::optional<readiness> readiness_;
};

} // namespace argoctl
