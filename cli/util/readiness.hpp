// SPDX-License-Identifier: MIT
#pragma once

#include "util/asio.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <optional>

namespace argoctl {

/// Waits until a file can be read or written without blocking, and does not change the file's mode.
///
/// Asio would set O_NONBLOCK on the file. Standard input and output share that mode with the shell and other processes.
/// So Asio gets an epoll descriptor that watches the file, instead of the file.
class readiness {
public:
    enum class direction { read, write };

    /// A regular file is always ready.
    readiness(const asio::any_io_executor& executor, int fd, direction what);

    asio::awaitable<error_code> wait();
    /// Ends the wait.
    void cancel();

private:
    std::optional<asio::posix::stream_descriptor> watcher_; // empty for a file that is always ready
};

} // namespace argoctl
