// SPDX-License-Identifier: MIT
#include <libargo/detail/file_descriptor.hpp>

#include <unistd.h>

namespace libargo::detail {

file_descriptor::~file_descriptor() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

} // namespace libargo::detail
