// SPDX-License-Identifier: MIT
#pragma once

#include <linux/argo_firewall.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The firewall's rules as text: docs/firewall.md.
namespace argoctl::firewall {

/// All rules, as the driver has them. Without rules and with these defaults nothing is denied.
struct rules {
    std::vector<argo_firewall_rule> list;
    /// By direction.
    std::array<argo_firewall_default, ARGO_FIREWALL_DIRECTIONS> defaults = {
        {{ARGO_FIREWALL_ALLOW, 0, {}, 0}, {ARGO_FIREWALL_ALLOW, 0, {}, 0}}};
};

/// A mistake in a text.
struct mistake {
    /// From 1.
    std::size_t line;
    std::string what;
};

struct reading {
    rules found;
    /// In the order of their lines. Where there are any, @p found has the other lines only.
    std::vector<mistake> mistakes;
};

/// Reads rules, one a line.
reading parse(std::string_view text);

/// A message, or the begin of a connection, that rules decide about.
struct flow {
    std::uint8_t direction;
    std::uint8_t protocol;
    /// The other domain; ARGO_DOMID_SELF for this one.
    std::uint16_t domid;
    std::uint32_t local;
    std::uint32_t remote;
};

/// Reads FROM:PORT and TO:PORT, of which one is this domain.
/// @param own the id of this domain
/// @throws std::invalid_argument
flow parse_flow(std::string_view from, std::string_view to, std::uint16_t own);

/// A rule as parse() reads it.
std::string to_text(const argo_firewall_rule& rule);

/// "deny", "allow log"
std::string to_text(const argo_firewall_default& fallback);

/// "in", "out"
std::string_view direction_name(std::size_t direction);

} // namespace argoctl::firewall
