// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/error_values.hpp>

namespace libargo::detail {

/// An error as the compiled part of the library reports it: an errno, or an error of the library's own. The inline part
/// makes an `error_code` of it, whose layout depends on the release of Boost.
class fault {
public:
    /// Success.
    constexpr fault() noexcept = default;
    /// An errno; 0 is success.
    constexpr explicit fault(int err) noexcept : number_(err) {}
    constexpr fault(error value) noexcept : number_(static_cast<int>(value)), is_own_(true) {} // NOLINT: as error_code

    constexpr explicit operator bool() const noexcept { return number_ != 0; }
    /// Whether the number is that of a `libargo::error`.
    [[nodiscard]] constexpr bool is_own() const noexcept { return is_own_; }
    [[nodiscard]] constexpr int number() const noexcept { return number_; }
    /// Whether it is this errno.
    [[nodiscard]] constexpr bool is(int err) const noexcept { return !is_own_ && number_ == err; }

private:
    int number_ = 0;
    bool is_own_ = false;
};

} // namespace libargo::detail
