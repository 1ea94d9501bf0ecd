// SPDX-License-Identifier: MIT
#include <libargo/detail/local_cid.hpp>

#include <cerrno>

#include <fcntl.h>
#include <sys/ioctl.h>

#include <libargo/detail/file_descriptor.hpp>
#include <linux/vm_sockets.h>

namespace libargo::vsock::detail {

cid_t local_cid(libargo::detail::fault& failed) noexcept {
    const libargo::detail::file_descriptor device(::open("/dev/vsock", O_RDONLY | O_CLOEXEC));
    cid_t cid = any_cid;
    int err = device.get() < 0 || ::ioctl(device.get(), IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid) < 0 ? errno : 0;
    // The kernel answers any_cid when no module has a CID. Without the module vsock the file does not exist.
    if (err == ENOENT || err == ENXIO || (err == 0 && cid == any_cid)) {
        err = ENODEV;
    }
    failed = libargo::detail::fault(err);
    return err == 0 ? cid : any_cid;
}

} // namespace libargo::vsock::detail
