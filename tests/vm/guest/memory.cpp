// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/mman.h>
#include <system_error>

namespace guest {

namespace {

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::generic_category(), doing); }

std::byte* map(int fd, std::size_t size, int flags) {
    void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (address == MAP_FAILED) {
        fail("mmap");
    }
    return static_cast<std::byte*>(address);
}

} // namespace

std::size_t page_size() {
    static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

mapping::mapping(std::size_t pages)
    : data_{map(-1, pages * page_size(), MAP_PRIVATE | MAP_ANONYMOUS)}, size_{pages * page_size()} {}

mapping::mapping(const file& of, std::size_t pages)
    : data_{map(of.get(), pages * page_size(), MAP_SHARED)}, size_{pages * page_size()} {}

mapping::~mapping() { ::munmap(data_, size_); }

void mapping::protect(std::size_t first_page, std::size_t pages, int protection) const {
    if (::mprotect(data_ + first_page * page_size(), pages * page_size(), protection) != 0) {
        fail("mprotect");
    }
}

guarded::guarded(std::size_t pages) : mapping_{pages + 1} { mapping_.protect(pages, 1, PROT_NONE); }

view guarded::last(std::size_t count) const { return all().last(count); }

view guarded::all() const { return mapping_.all().first(mapping_.size() - page_size()); }

std::byte* guarded::forbidden() const { return mapping_.end() - page_size(); }

file temporary_file(std::size_t pages, std::byte fill) {
    file result{::memfd_create("argo-test", MFD_CLOEXEC)};
    if (!result) {
        fail("memfd_create");
    }
    const bytes page(page_size(), fill);
    for (std::size_t i = 0; i < pages; ++i) {
        if (::write(result.get(), page.data(), page.size()) != static_cast<ssize_t>(page.size())) {
            fail("write to a temporary file");
        }
    }
    return result;
}

} // namespace guest
