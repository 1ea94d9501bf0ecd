// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

namespace libargo::detail {

/// The one way from the library to the driver. Tests put a simulated driver here.
class device {
public:
    device() = default;
    device(const device&) = delete;
    device& operator=(const device&) = delete;
    virtual ~device() = default;

    /// Performs ioctl(2) on an open file of the driver.
    /// @returns 0 or an errno
    virtual int control(int fd, unsigned long request, void* argument) noexcept = 0;
};

/// The kernel's driver.
[[nodiscard, gnu::visibility("default")]] const std::shared_ptr<device>& system_device();

} // namespace libargo::detail
