// SPDX-License-Identifier: MIT
#include <libargo/detail/device.hpp>

#include <cerrno>

#include <sys/ioctl.h>

namespace libargo::detail {
namespace {

class kernel_device final : public device {
public:
    int control(int fd, unsigned long request, void* argument) noexcept override {
        return ::ioctl(fd, request, argument) < 0 ? errno : 0;
    }
};

} // namespace

const std::shared_ptr<device>& system_device() {
    static const std::shared_ptr<device> instance = std::make_shared<kernel_device>();
    return instance;
}

} // namespace libargo::detail
