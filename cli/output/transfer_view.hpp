// SPDX-License-Identifier: MIT
#pragma once

#include "output/json.hpp"
#include "util/sha256.hpp"

#include <libargo/address.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace argoctl::output {

/// The results of a transfer that is over, for send and recv.
struct transfer_summary {
    std::string_view command; // "send" or "recv"
    std::optional<libargo::address> peer;
    std::string name; // of the file on this side, "-" for standard input or output
    std::uint64_t bytes = 0;
    std::chrono::nanoseconds elapsed{0};
    std::optional<sha256::digest> digest;
    bool verified = false; // both sides computed the same checksum
    std::string error;     // empty on success
};

/// "3.0 MiB to 3:5000 in 0.12 s (25.0 MiB/s)"
std::string transfer_text(const transfer_summary& summary);
/// The line that sha256sum(1) prints and checks.
std::string checksum_line(const sha256::digest& digest, std::string_view name);
json transfer_json(const transfer_summary& summary);

} // namespace argoctl::output
