// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <type_traits>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

namespace libargo {

using boost::system::error_code;
using boost::system::system_error;

/// What an errno cannot say. The errors of the kernel are errnos in `boost::system::system_category()`; docs/errors.md
/// lists them.
enum class error {
    /// The message was longer than the buffers; they hold its beginning, and the rest is gone.
    /// Equivalent to `errc::message_size`.
    message_truncated = 1,
    /// The file that was opened or assigned is not /dev/argo. Equivalent to `errc::inappropriate_io_control_operation`.
    not_an_argo_device,
    /// The driver speaks an older ABI than this library. Equivalent to `errc::function_not_supported`.
    abi_mismatch,
    /// The device is missing: the argo module is not loaded, or there is no hypervisor that speaks Argo.
    /// Equivalent to `errc::no_such_device`.
    no_device,
    /// Text that is not an address, a domain id or a port. Equivalent to `errc::invalid_argument`.
    invalid_address,
};

/// Groups of errors that a program treats alike. Compare an `error_code` with them: `if (ec == condition::peer_gone)`.
enum class condition {
    /// The peer was there and has gone: EPIPE, ECONNRESET.
    peer_gone = 1,
    /// Nobody is there to take the message now: ECONNREFUSED, EHOSTUNREACH.
    peer_absent,
    /// A policy denies it: EACCES, EPERM.
    denied,
    /// It would have had to wait: EAGAIN.
    would_wait,
    /// The message does not fit: EMSGSIZE (the sender's ring or buffers), `error::message_truncated` (the receiver's).
    too_large,
};

/// The category of `error`.
[[nodiscard]] const boost::system::error_category& error_category() noexcept;

/// The category of `condition`.
[[nodiscard]] const boost::system::error_category& condition_category() noexcept;

/// Makes an error_code of an `error`.
[[nodiscard]] error_code make_error_code(error value) noexcept;

/// Makes an error_condition of a `condition`.
[[nodiscard]] boost::system::error_condition make_error_condition(condition value) noexcept;

/// What the user can do about an error, in a few words without a full stop ("start the peer; try again"), for errnos as
/// docs/errors.md has it. Empty when there is nothing to say.
[[nodiscard]] std::string_view advice(const error_code& ec) noexcept;

} // namespace libargo

template <> struct boost::system::is_error_code_enum<libargo::error> : std::true_type {};
template <> struct boost::system::is_error_condition_enum<libargo::condition> : std::true_type {};
