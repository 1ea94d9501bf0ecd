// SPDX-License-Identifier: MIT
#include "virtiod/image.hpp"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace argovirtiod {
namespace {

constexpr std::uint32_t smallest_block = 512;
constexpr std::uint32_t largest_block = 4096;

[[noreturn]] void reject(const std::string& path, const char* what, int err) {
    throw std::runtime_error(fmt::format("{}: {}: {}", path, what, std::strerror(err)));
}

[[nodiscard]] io_status status_of(int err) {
    return err == EOPNOTSUPP || err == ENOSYS || err == EINVAL ? io_status::unsupported : io_status::error;
}

} // namespace

image::image(options chosen) : options_(std::move(chosen)) {
    open();
    lock();
    static_cast<void>(measure());
}

void image::open() {
    const int mode = options_.read_only ? O_RDONLY : O_RDWR;
    file_ = argoctl::descriptor(::open(options_.path.c_str(), mode | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file_.get() < 0) {
        reject(options_.path, "cannot open it", errno);
    }
    struct stat found {};
    if (::fstat(file_.get(), &found) != 0) {
        reject(options_.path, "cannot look at it", errno);
    }
    is_device_ = S_ISBLK(found.st_mode);
    if (!is_device_ && !S_ISREG(found.st_mode)) {
        throw std::runtime_error(options_.path + ": is neither a file nor a block device");
    }
    if (is_device_) {
        int size = 0;
        if (::ioctl(file_.get(), BLKSSZGET, &size) != 0) {
            reject(options_.path, "cannot ask for its block size", errno);
        }
        block_size_ = static_cast<std::uint32_t>(std::clamp<int>(size, smallest_block, largest_block));
    }
}

void image::lock() const {
    // Of the open file, not of the process: a second open in this process is refused, too.
    struct flock whole {};
    whole.l_type = static_cast<short>(options_.read_only ? F_RDLCK : F_WRLCK);
    whole.l_whence = SEEK_SET;
    if (::fcntl(file_.get(), F_OFD_SETLK, &whole) != 0) {
        if (errno == EAGAIN || errno == EACCES) {
            throw std::runtime_error(options_.path + ": another program or another device uses it");
        }
        reject(options_.path, "cannot lock it", errno);
    }
}

std::uint64_t image::measure() const {
    std::uint64_t size = 0;
    if (is_device_) {
        if (::ioctl(file_.get(), BLKGETSIZE64, &size) != 0) {
            reject(options_.path, "cannot ask for its size", errno);
        }
        return size;
    }
    struct stat found {};
    if (::fstat(file_.get(), &found) != 0) {
        reject(options_.path, "cannot look at it", errno);
    }
    return static_cast<std::uint64_t>(found.st_size);
}

io_status image::read(std::uint64_t offset, std::span<std::byte> into) const {
    while (!into.empty()) {
        const auto got = ::pread(file_.get(), into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return io_status::error;
        }
        into = into.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    return io_status::ok;
}

bool image::read_cached(std::uint64_t offset, std::span<std::byte> into) const {
    if (!can_try_) {
        return false;
    }
    const iovec piece{.iov_base = into.data(), .iov_len = into.size()};
    const auto got = ::preadv2(file_.get(), &piece, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    if (got < 0 && errno == EOPNOTSUPP) {
        can_try_ = false;
    }
    return got >= 0 && static_cast<std::size_t>(got) == into.size();
}

io_status image::write(std::uint64_t offset, std::span<const std::byte> from) const {
    while (!from.empty()) {
        const iovec piece{.iov_base = const_cast<std::byte*>(from.data()), // NOLINT(*-const-cast): it is only read
                          .iov_len = from.size()};
        const int flags = options_.write_through ? RWF_DSYNC : 0;
        const auto done = ::pwritev2(file_.get(), &piece, 1, static_cast<off_t>(offset), flags);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return io_status::error;
        }
        from = from.subspan(static_cast<std::size_t>(done));
        offset += static_cast<std::uint64_t>(done);
    }
    return io_status::ok;
}

io_status image::flush() const { return ::fdatasync(file_.get()) == 0 ? io_status::ok : io_status::error; }

io_status image::discard(std::uint64_t offset, std::uint64_t size) const {
    const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (::fallocate(file_.get(), mode, static_cast<off_t>(offset), static_cast<off_t>(size)) == 0) {
        return io_status::ok;
    }
    return status_of(errno);
}

io_status image::write_zeroes(std::uint64_t offset, std::uint64_t size, bool may_discard) const {
    if (may_discard) {
        const auto done = discard(offset, size);
        if (done != io_status::unsupported) {
            return done == io_status::ok && options_.write_through ? flush() : done;
        }
    }
    const int mode = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
    if (::fallocate(file_.get(), mode, static_cast<off_t>(offset), static_cast<off_t>(size)) == 0) {
        return options_.write_through ? flush() : io_status::ok;
    }
    if (status_of(errno) == io_status::error) {
        return io_status::error;
    }
    static constexpr std::array<std::byte, 65536> zeroes{};
    while (size != 0) {
        const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(size, zeroes.size()));
        const auto done = write(offset, std::span(zeroes).first(piece));
        if (done != io_status::ok) {
            return done;
        }
        offset += piece;
        size -= piece;
    }
    return io_status::ok;
}

} // namespace argovirtiod
