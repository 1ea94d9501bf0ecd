// SPDX-License-Identifier: MIT
#include "util/input_file.hpp"

#include "app/errors.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace argoctl {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw failure(exit_code::failed, fmt::format("cannot read {}: {}", path, why));
}

} // namespace

input_file::input_file(const asio::any_io_executor& executor, const std::string& path) {
    const std::string name = path == "-" ? "standard input" : path;
    if (path != "-") {
        owned_ = descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        fd_ = owned_.get();
        if (fd_ < 0) {
            refuse(name, std::strerror(errno));
        }
    }
    struct stat about {};
    if (fstat(fd_, &about) < 0) {
        refuse(name, std::strerror(errno));
    }
    if (S_ISDIR(about.st_mode)) {
        refuse(name, "it is a directory; send an archive of it, as in 'tar c DIR | argo-ctl send - DOMID:PORT'");
    }
    if (S_ISREG(about.st_mode)) {
        const auto position = std::max<off_t>(0, lseek(fd_, 0, SEEK_CUR));
        // Files of /proc and the like say 0 and have contents.
        if (about.st_size > 0) {
            size_ = static_cast<std::uint64_t>(std::max<off_t>(0, about.st_size - position));
        }
    }
    readiness_.emplace(executor, fd_, readiness::direction::read);
}

asio::awaitable<std::size_t> input_file::read(std::span<std::byte> buffer, error_code& ec) {
    for (;;) {
        ec = co_await readiness_->wait();
        if (ec) {
            co_return 0;
        }
        const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
        if (got >= 0) {
            co_return static_cast<std::size_t>(got);
        }
        // EAGAIN: another process made the file non-blocking, and has read the data.
        if (errno != EINTR && errno != EAGAIN) {
            ec.assign(errno, boost::system::system_category());
            co_return 0;
        }
    }
}

} // namespace argoctl
