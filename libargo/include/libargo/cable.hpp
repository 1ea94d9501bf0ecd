// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <libargo/address.hpp>

namespace libargo {

/// A cable between ports of two domains, which a toolstack plugs: messages from one port to `cable_end` go to the
/// other.
struct cable {
    address source;      ///< the port that it is plugged into
    address destination; ///< where it leads; the domain may be `domid_t::parent`

    friend constexpr bool operator==(const cable&, const cable&) noexcept = default;
};

/// As text: "1:42 -> 0:7000".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const cable& value);

} // namespace libargo
