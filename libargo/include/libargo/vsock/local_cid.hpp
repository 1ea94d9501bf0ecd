// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/error_code.hpp>

#include <libargo/vsock/address.hpp>

namespace libargo::vsock {

/// The CID of this machine, by which others reach it: what /dev/vsock says. It is another one after a restore.
///
/// Errors: `errc::no_such_device` (no module gives it one, as argo_vsock does); others of open(2). Where there is only
/// vsock_loopback, later kernels of 6.12 say `loopback_cid`, and older ones that. Safe to call from any thread.
///
/// @param ec set to the error, or cleared
/// @returns the CID; `any_cid` on error
[[nodiscard]] cid_t local_cid(boost::system::error_code& ec) noexcept;

/// The CID of this machine, as above.
/// @throws boost::system::system_error
[[nodiscard]] cid_t local_cid();

} // namespace libargo::vsock
