// SPDX-License-Identifier: MIT
#include "util/output_file.hpp"

#include "app/errors.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace argoctl {

namespace {

constexpr std::string_view partial_suffix = ".partial";

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw failure(exit_code::failed, fmt::format("cannot write {}: {}", path, why));
}

error_code last_error() { return {errno, boost::system::system_category()}; }

/// The mode that a new file gets.
mode_t new_file_mode() {
    const mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/// The file that a name stands for, through symbolic links.
std::string resolve(const std::string& path) {
    std::string out(PATH_MAX, '\0');
    if (realpath(path.c_str(), out.data()) == nullptr) {
        return path;
    }
    out.resize(std::strlen(out.c_str()));
    return out;
}

} // namespace

output_file::output_file(const asio::any_io_executor& executor, const std::string& path) : target_(path) {
    if (path != "-") {
        struct stat about {};
        const bool exists = ::stat(path.c_str(), &about) == 0;
        if (exists && S_ISDIR(about.st_mode)) {
            refuse(path, "it is a directory; name the file, too");
        }
        if (exists && !S_ISREG(about.st_mode)) {
            owned_ = descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        } else {
            if (exists) {
                target_ = resolve(path);
            }
            partial_ = fmt::format("{}.XXXXXX{}", target_, partial_suffix);
            owned_ = descriptor(mkostemps(partial_.data(), static_cast<int>(partial_suffix.size()), O_CLOEXEC));
            if (owned_.get() < 0) {
                partial_.clear();
            } else {
                fchmod(owned_.get(), exists ? about.st_mode & 0777 : new_file_mode());
            }
        }
        fd_ = owned_.get();
        if (fd_ < 0) {
            refuse(path, std::strerror(errno));
        }
    }
    readiness_.emplace(executor, fd_, readiness::direction::write);
}

output_file::~output_file() {
    if (!partial_.empty()) {
        ::unlink(partial_.c_str());
    }
}

asio::awaitable<error_code> output_file::write(std::span<const std::byte> data) {
    // A pipe that is ready takes PIPE_BUF bytes without blocking. To a file, all at once is faster.
    const std::size_t portion = partial_.empty() ? PIPE_BUF : data.size();
    while (!data.empty()) {
        if (const auto ec = co_await readiness_->wait()) {
            co_return ec;
        }
        const ssize_t put = ::write(fd_, data.data(), std::min(portion, data.size()));
        if (put >= 0) {
            data = data.subspan(static_cast<std::size_t>(put));
        } else if (errno != EINTR && errno != EAGAIN) {
            co_return last_error();
        }
    }
    co_return error_code();
}

error_code output_file::commit() {
    if (owned_.get() >= 0 && ::close(owned_.release()) < 0) {
        return last_error();
    }
    if (!partial_.empty()) {
        if (std::rename(partial_.c_str(), target_.c_str()) < 0) {
            return last_error();
        }
        partial_.clear();
    }
    return {};
}

std::string output_file::keep_partial() { return std::exchange(partial_, {}); }

} // namespace argoctl
