// SPDX-License-Identifier: MIT
#include <libargo/address.hpp>

#include <libargo/detail/read.hpp>

#include "numbers.hpp"

namespace libargo::detail {

std::optional<domid_t> read_domid(std::string_view text) noexcept {
    if (text == "self") {
        return domid_t::self;
    }
    if (text == "any") {
        return domid_t::any;
    }
    if (text == "parent") {
        return domid_t::parent;
    }
    const auto number = read_number(text);
    if (!number || *number >= std::uint32_t{ARGO_DOMID_FIRST_RESERVED}) {
        return std::nullopt;
    }
    return domid_t{static_cast<std::uint16_t>(*number)};
}

std::optional<port_t> read_port(std::string_view text) noexcept { return read_number(text); }

std::optional<address> read_address(std::string_view text) noexcept {
    return text == "cable" ? cable_end : read_pair<address>(text, read_domid, read_port);
}

} // namespace libargo::detail
