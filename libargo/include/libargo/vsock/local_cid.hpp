// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/detail/local_cid.hpp>
#include <libargo/error.hpp>
#include <libargo/vsock/address.hpp>

namespace libargo::vsock {

/// This machine's CID, under which other machines reach it, as /dev/vsock reports it. A restore changes the CID.
///
/// Errors: `errc::no_such_device`, when no loaded module (such as argo_vsock) gives this machine a CID; others of
/// open(2). With vsock_loopback as the only module, the result depends on the kernel: the later releases of 6.12 report
/// `loopback_cid`, and earlier kernels report no CID, which is `errc::no_such_device`. Safe to call from any thread.
///
/// @param ec set to the error, or cleared
/// @returns the CID; `any_cid` on error
[[nodiscard]] inline cid_t local_cid(error_code& ec) noexcept {
    return detail::local_cid(libargo::detail::fault_of(ec));
}

/// This machine's CID, as above.
/// @throws boost::system::system_error
[[nodiscard]] inline cid_t local_cid() {
    error_code ec;
    const auto cid = local_cid(ec);
    if (ec) {
        throw system_error(ec, "vsock local_cid");
    }
    return cid;
}

} // namespace libargo::vsock
