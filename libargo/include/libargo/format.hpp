// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <fmt/format.h>

#include <libargo/address.hpp>
#include <libargo/batch.hpp>
#include <libargo/bind.hpp>
#include <libargo/cable.hpp>
#include <libargo/detail/error_text.hpp>
#include <libargo/error.hpp>
#include <libargo/info.hpp>
#include <libargo/message.hpp>
#include <libargo/options.hpp>
#include <libargo/ring_entry.hpp>
#include <libargo/space.hpp>
#include <libargo/status.hpp>

namespace libargo {

/// The error as text, as its category words it.
[[nodiscard]] inline std::string to_string(error value) { return detail::message_of(value); }
/// The condition as text, as its category words it.
[[nodiscard]] inline std::string to_string(condition value) { return detail::message_of(value); }
/// The message type as a decimal number.
[[nodiscard]] inline std::string to_string(message_type type) { return std::to_string(to_number(type)); }

namespace detail {

/// Formats types that have a `to_string`, with the format specification of a string (width, alignment, fill).
template <class T> struct string_formatter : fmt::formatter<std::string_view> {
    template <class FormatContext> auto format(const T& value, FormatContext& context) const {
        return fmt::formatter<std::string_view>::format(to_string(value), context);
    }
};

} // namespace detail
} // namespace libargo

template <> struct fmt::formatter<libargo::domid_t> : libargo::detail::string_formatter<libargo::domid_t> {};
template <> struct fmt::formatter<libargo::address> : libargo::detail::string_formatter<libargo::address> {};
template <> struct fmt::formatter<libargo::cable> : libargo::detail::string_formatter<libargo::cable> {};
template <> struct fmt::formatter<libargo::error> : libargo::detail::string_formatter<libargo::error> {};
template <> struct fmt::formatter<libargo::condition> : libargo::detail::string_formatter<libargo::condition> {};
template <> struct fmt::formatter<libargo::message_type> : libargo::detail::string_formatter<libargo::message_type> {};
template <> struct fmt::formatter<libargo::message_info> : libargo::detail::string_formatter<libargo::message_info> {};
template <>
struct fmt::formatter<libargo::outgoing_message> : libargo::detail::string_formatter<libargo::outgoing_message> {};
template <>
struct fmt::formatter<libargo::incoming_message> : libargo::detail::string_formatter<libargo::incoming_message> {};
template <> struct fmt::formatter<libargo::bind_options> : libargo::detail::string_formatter<libargo::bind_options> {};
template <> struct fmt::formatter<libargo::bind_result> : libargo::detail::string_formatter<libargo::bind_result> {};
template <> struct fmt::formatter<libargo::space_state> : libargo::detail::string_formatter<libargo::space_state> {};
template <>
struct fmt::formatter<libargo::endpoint_status> : libargo::detail::string_formatter<libargo::endpoint_status> {};
template <>
struct fmt::formatter<libargo::socket_options> : libargo::detail::string_formatter<libargo::socket_options> {};
template <> struct fmt::formatter<libargo::device_info> : libargo::detail::string_formatter<libargo::device_info> {};
template <> struct fmt::formatter<libargo::ring_entry> : libargo::detail::string_formatter<libargo::ring_entry> {};
