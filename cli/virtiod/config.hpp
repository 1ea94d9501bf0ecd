// SPDX-License-Identifier: MIT
// The configuration file: a line for each device.
//
//   # DOMAIN:NUMBER KIND [OPTION…]
//   3:1 block file=/srv/db.img serial=db-1
//   3:2 entropy port=5001
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace argovirtiod {

/// Which device of which domain.
struct device_name {
    std::uint16_t domid = 0;
    std::uint16_t number = 0;

    // NOLINTNEXTLINE(modernize-use-nullptr): it takes the zero of a comparison for a pointer
    friend auto operator<=>(const device_name&, const device_name&) = default;
};

/// As in the file: "3:1".
[[nodiscard]] std::string to_string(const device_name& name);

enum class device_kind : std::uint8_t { block, entropy };

/// A line of the file.
struct device_spec {
    device_name name;
    device_kind kind = device_kind::entropy;
    std::uint32_t port = 0; ///< 0: that of its kind
    std::string file{};     ///< of block, as are those below
    std::string serial{};
    bool read_only = false;
    bool write_through = false;

    friend bool operator==(const device_spec&, const device_spec&) = default;
};

/// A mistake in a line.
struct mistake {
    std::size_t line = 0; ///< from 1
    std::string what;
};

struct reading {
    std::vector<device_spec> devices;
    std::vector<mistake> mistakes;
};

[[nodiscard]] reading parse(std::string_view text);

} // namespace argovirtiod
