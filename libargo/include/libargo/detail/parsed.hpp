// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <libargo/error.hpp>

namespace libargo::detail {

/// What was read.
/// @returns @p otherwise, with error::invalid_address, if nothing was
template <class T>
[[nodiscard]] T value_or(const std::optional<T>& found, const T& otherwise, error_code& ec) noexcept {
    ec = found ? error_code() : make_error_code(error::invalid_address);
    return found.value_or(otherwise);
}

/// What was read.
/// @throws system_error that quotes the text if nothing was
template <class T>
[[nodiscard]] T value_or_throw(const std::optional<T>& found, const char* what, std::string_view text) {
    if (!found) {
        throw system_error(make_error_code(error::invalid_address),
                           std::string(what) + " \"" + std::string(text) + '"');
    }
    return *found;
}

} // namespace libargo::detail
