// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include <libargo/detail/error_text.hpp>
#include <libargo/error.hpp>

namespace libargo::vsock {

/// The remedy for an error of a vsock socket, in a few words without a full stop: "start the peer; try again". For
/// errnos, the text of docs/errors.md. Some errnos mean something else on /dev/argo; `libargo::advice` is for those.
///
/// `libargo::condition` groups these errors, too. A connect to a port on which no socket listens fails with ECONNRESET,
/// which is `condition::peer_gone`. `condition::peer_absent` is a domain that does not exist or has no argo_vsock.
///
/// @returns the remedy; empty for success and for errors that have none. Valid for ever
[[nodiscard]] inline std::string_view advice(const error_code& ec) noexcept {
    if (ec == error::invalid_address) {
        return "write addresses as cid:port, for example 2:5000";
    }
    return libargo::detail::is_errno(ec) ? detail::advice_of_errno(ec.value()) : libargo::advice(ec);
}

} // namespace libargo::vsock
