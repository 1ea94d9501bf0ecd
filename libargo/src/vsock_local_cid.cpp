// SPDX-License-Identifier: MIT
#include <libargo/vsock/local_cid.hpp>

#include <cerrno>

#include <fcntl.h>
#include <sys/ioctl.h>

#include <libargo/detail/file_descriptor.hpp>
#include <libargo/error.hpp>
#include <linux/vm_sockets.h>

namespace libargo::vsock {

cid_t local_cid(error_code& ec) noexcept {
    const libargo::detail::file_descriptor device(::open("/dev/vsock", O_RDONLY | O_CLOEXEC));
    cid_t cid = any_cid;
    int err = device.get() < 0 || ::ioctl(device.get(), IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid) < 0 ? errno : 0;
    // The kernel's answer where no module has a CID is any_cid; where vsock itself is not loaded there is no file.
    if (err == ENOENT || err == ENXIO || (err == 0 && cid == any_cid)) {
        err = ENODEV;
    }
    ec.assign(err, boost::system::system_category());
    return err == 0 ? cid : any_cid;
}

cid_t local_cid() {
    error_code ec;
    const auto cid = local_cid(ec);
    if (ec) {
        throw system_error(ec, "vsock local_cid");
    }
    return cid;
}

} // namespace libargo::vsock
