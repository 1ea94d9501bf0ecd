// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <type_traits>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <libargo/detail/categories.hpp>
#include <libargo/detail/error_text.hpp>
#include <libargo/detail/fault.hpp>
#include <libargo/error_values.hpp>

namespace libargo {

using boost::system::error_code;
using boost::system::system_error;

/// The category of `error`.
[[nodiscard]] inline const boost::system::error_category& error_category() noexcept {
    static constexpr detail::error_category_type instance;
    return instance;
}

/// The category of `condition`.
[[nodiscard]] inline const boost::system::error_category& condition_category() noexcept {
    static constexpr detail::condition_category_type instance;
    return instance;
}

/// Makes an error_code of an `error`.
[[nodiscard]] inline error_code make_error_code(error value) noexcept {
    return {static_cast<int>(value), error_category()};
}

/// Makes an error_condition of a `condition`.
[[nodiscard]] inline boost::system::error_condition make_error_condition(condition value) noexcept {
    return {static_cast<int>(value), condition_category()};
}

namespace detail {

[[nodiscard]] inline bool is_errno(const error_code& ec) noexcept {
    return ec.category() == boost::system::system_category() || ec.category() == boost::system::generic_category();
}

[[nodiscard]] inline error_code to_error_code(const fault& from) noexcept {
    return from.is_own() ? make_error_code(error{from.number()})
                         : error_code(from.number(), boost::system::system_category());
}

/// Gives a function of the compiled part a fault in the place of an `error_code`, which is set when the call is over.
class fault_of {
public:
    explicit fault_of(error_code& target) noexcept : target_(target) {}
    fault_of(const fault_of&) = delete;
    fault_of& operator=(const fault_of&) = delete;
    ~fault_of() { target_ = to_error_code(value_); }

    operator fault&() noexcept { return value_; } // NOLINT(google-explicit-constructor): an argument

private:
    error_code& target_;
    fault value_;
};

} // namespace detail

/// The remedy for an error, in a few words without a full stop: "start the peer; try again". For errnos, the text of
/// docs/errors.md.
///
/// @returns the remedy; empty for success and for errors that have none. Valid for ever
[[nodiscard]] inline std::string_view advice(const error_code& ec) noexcept {
    if (ec.category() == error_category()) {
        return detail::advice_of(error{ec.value()});
    }
    return detail::is_errno(ec) ? detail::advice_of_errno(ec.value()) : std::string_view();
}

/// The meaning of an errno on /dev/argo, in a few words without a full stop, where strerror(3) has a general one only:
/// EDQUOT is "Disk quota exceeded" there, and "this user has as many rings, or as many watches, as one user may have"
/// here. The text of docs/errors.md.
///
/// @returns the meaning; empty for success, for errnos that the driver does not return, and for errors of other
/// categories, whose `message()` says what they mean. Valid for ever
[[nodiscard]] inline std::string_view meaning(const error_code& ec) noexcept {
    return detail::is_errno(ec) ? detail::meaning_of_errno(ec.value()) : std::string_view();
}

} // namespace libargo

template <> struct boost::system::is_error_code_enum<libargo::error> : std::true_type {};
template <> struct boost::system::is_error_condition_enum<libargo::condition> : std::true_type {};
