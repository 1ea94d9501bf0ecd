// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/detail/fault.hpp>
#include <libargo/vsock/address.hpp>

namespace libargo::vsock::detail {

/// The CID that /dev/vsock reports; `any_cid` on error.
[[nodiscard, gnu::visibility("default")]] cid_t local_cid(libargo::detail::fault& failed) noexcept;

} // namespace libargo::vsock::detail
