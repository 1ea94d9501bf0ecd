// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include <libargo/address.hpp>
#include <libargo/vsock/address.hpp>

/// The readers of texts, for the inline functions of parse.hpp and vsock/parse.hpp. They return nothing for a text that
/// cannot be read.
namespace libargo::detail {

[[nodiscard, gnu::visibility("default")]] std::optional<domid_t> read_domid(std::string_view text) noexcept;
[[nodiscard, gnu::visibility("default")]] std::optional<port_t> read_port(std::string_view text) noexcept;
[[nodiscard, gnu::visibility("default")]] std::optional<address> read_address(std::string_view text) noexcept;

} // namespace libargo::detail

namespace libargo::vsock::detail {

[[nodiscard, gnu::visibility("default")]] std::optional<cid_t> read_cid(std::string_view text) noexcept;
[[nodiscard, gnu::visibility("default")]] std::optional<port_t> read_port(std::string_view text) noexcept;
[[nodiscard, gnu::visibility("default")]] std::optional<address> read_address(std::string_view text) noexcept;

} // namespace libargo::vsock::detail
