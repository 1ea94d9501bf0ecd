// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include <libargo/error_values.hpp>

/// The texts of errors. The inline functions of error.hpp and vsock/error.hpp take them for an `error_code`.
namespace libargo::detail {

[[nodiscard, gnu::visibility("default")]] std::string message_of(error value);
[[nodiscard, gnu::visibility("default")]] std::string message_of(condition value);
/// @returns the remedy; empty if there is none
[[nodiscard, gnu::visibility("default")]] std::string_view advice_of(error value) noexcept;
/// The remedy for an errno of /dev/argo.
[[nodiscard, gnu::visibility("default")]] std::string_view advice_of_errno(int err) noexcept;
/// The meaning of an errno of /dev/argo.
[[nodiscard, gnu::visibility("default")]] std::string_view meaning_of_errno(int err) noexcept;

} // namespace libargo::detail

namespace libargo::vsock::detail {

/// The remedy for an errno of a vsock socket.
[[nodiscard, gnu::visibility("default")]] std::string_view advice_of_errno(int err) noexcept;

} // namespace libargo::vsock::detail
