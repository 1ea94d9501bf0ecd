// SPDX-License-Identifier: MIT
#pragma once

namespace libargo {

/// Errors that no errno stands for. The kernel's errors are errnos in `boost::system::system_category()`;
/// docs/errors.md lists them.
enum class error {
    /// The message was longer than the buffers. The buffers hold its beginning; the rest is lost.
    /// Equivalent to `errc::message_size`.
    message_truncated = 1,
    /// The file that was opened or assigned is not /dev/argo. Equivalent to `errc::inappropriate_io_control_operation`.
    not_an_argo_device,
    /// The driver speaks an older ABI than this library. Equivalent to `errc::function_not_supported`.
    abi_mismatch,
    /// The device is missing: the argo module is not loaded, or no hypervisor offers Argo.
    /// Equivalent to `errc::no_such_device`.
    no_device,
    /// The text is not an address, a domain id or a port. Equivalent to `errc::invalid_argument`.
    invalid_address,
};

/// Groups of errors that a program treats alike. Compare an `error_code` with them: `if (ec == condition::peer_gone)`.
enum class condition {
    /// The peer had a ring, and the ring has gone: EPIPE, ECONNRESET.
    peer_gone = 1,
    /// The destination has no ring now: ECONNREFUSED, EHOSTUNREACH.
    peer_absent,
    /// A policy denies the operation: EACCES, EPERM.
    denied,
    /// The operation would have had to wait: EAGAIN.
    would_wait,
    /// The message does not fit into the destination's ring (EMSGSIZE), or not into the receiver's buffers
    /// (`error::message_truncated`).
    too_large,
};

} // namespace libargo
