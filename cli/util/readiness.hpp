// SPDX-License-Identifier: MIT
#pragma once

#include "util/asio.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <optional>

namespace argoctl {

/// Waits until a file can be read or written without blocking, and leaves the file as it is.
///
/// Asio would set O_NONBLOCK on it, which standard input and output share with the shell and whatever else runs there.
/// So it gets an epoll descriptor that watches the file, instead of the file.
class readiness {
public:
    enum class direction { read, write };

    /// A regular file is always ready.
    readiness(const asio::any_io_executor& executor, int fd, direction what);

    asio::awaitable<error_code> wait();
    /// Ends the wait.
    void cancel();

private:
    std::optional<asio::posix::stream_descriptor> watcher_; // none if there is nothing to wait for
};

} // namespace argoctl
