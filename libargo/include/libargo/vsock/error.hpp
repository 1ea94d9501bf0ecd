// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include <libargo/error.hpp>

namespace libargo::vsock {

/// What the user can do about an error of a vsock socket, in a few words without a full stop ("start the peer; try
/// again"), as docs/errors.md has it. Empty when there is nothing to say. Some errnos mean something else here than on
/// /dev/argo, for which `libargo::advice` is.
///
/// `libargo::condition` groups them as ever. One is to be known: when nobody listens on the port, a connect fails with
/// ECONNRESET, which is `condition::peer_gone`; `condition::peer_absent` is a domain that is not there or has no
/// argo_vsock.
[[nodiscard]] std::string_view advice(const error_code& ec) noexcept;

} // namespace libargo::vsock
