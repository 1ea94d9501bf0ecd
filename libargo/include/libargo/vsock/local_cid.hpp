// SPDX-License-Identifier: MIT
#pragma once

#include <boost/system/error_code.hpp>

#include <libargo/vsock/address.hpp>

namespace libargo::vsock {

/// The CID of this machine, by which others reach it: what /dev/vsock says. It is another one after a restore.
///
/// Errors: `errc::no_such_device` (no module has given it one, as argo_vsock does; vsock_loopback does not); others of
/// open(2). Safe to call from any thread.
///
/// @param ec set to the error, or cleared
/// @returns the CID; `any_cid` on error
[[nodiscard]] cid_t local_cid(boost::system::error_code& ec) noexcept;

/// The CID of this machine, as above.
/// @throws boost::system::system_error
[[nodiscard]] cid_t local_cid();

} // namespace libargo::vsock
