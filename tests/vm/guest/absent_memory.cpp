// SPDX-License-Identifier: MIT
#include "absent_memory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <system_error>

namespace guest {

namespace {

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

uffdio_range range_of(const mapping& pages) { return {reinterpret_cast<std::uintptr_t>(pages.data()), pages.size()}; }

} // namespace

absent_memory::absent_memory(std::size_t pages)
    : pages_{pages}, userfault_{static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK))} {
    if (!userfault_) {
        fail("userfaultfd");
    }
    uffdio_api api{};
    api.api = UFFD_API;
    uffdio_register request{};
    request.range = range_of(pages_);
    request.mode = UFFDIO_REGISTER_MODE_MISSING;
    if (::ioctl(userfault_.get(), UFFDIO_API, &api) != 0 || ::ioctl(userfault_.get(), UFFDIO_REGISTER, &request) != 0) {
        fail("registering memory with userfaultfd");
    }
}

bool absent_memory::is_awaited(std::chrono::milliseconds within) const {
    pollfd one{userfault_.get(), POLLIN, 0};
    if (::poll(&one, 1, static_cast<int>(within.count())) != 1) {
        return false;
    }
    // The event is taken, so that the next call waits for another access.
    uffd_msg event{};
    return ::read(userfault_.get(), &event, sizeof(event)) == sizeof(event);
}

void absent_memory::provide() const {
    uffdio_zeropage request{};
    const auto whole = range_of(pages_);
    for (std::uint64_t at = 0; at < whole.len; at += page_size()) {
        // Pages that are there already are left alone, and their waiters woken.
        request = {};
        request.range = {whole.start + at, page_size()};
        if (::ioctl(userfault_.get(), UFFDIO_ZEROPAGE, &request) != 0) {
            auto present = request.range;
            ::ioctl(userfault_.get(), UFFDIO_WAKE, &present);
        }
    }
}

void absent_memory::withdraw() const {
    if (::madvise(pages_.data(), pages_.size(), MADV_DONTNEED) != 0) {
        fail("madvise");
    }
}

} // namespace guest
