// SPDX-License-Identifier: MIT
#pragma once

#include "util/sha256.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// The messages of `argo-ctl send` and `recv`; docs/argo-ctl.md has the bytes.
namespace argoctl::transfer {

/// Argo message type of all of them: "ACXF".
inline constexpr std::uint32_t message_type = 0x46584341;
inline constexpr std::uint16_t version = 1;

inline constexpr std::size_t header_size = 16;
inline constexpr std::size_t data_header_size = header_size + 8;
inline constexpr std::size_t longest_name = 255;
inline constexpr std::size_t longest_reason = 512;

/// Sender: offers a file.
struct hello {
    std::optional<std::uint64_t> size; // a pipe's is unknown
    bool checksum = false;             // the end has a checksum
    std::string name;
};

/// Receiver: accepts the file, and at most @p chunk bytes in one data message.
struct accept {
    std::uint32_t chunk = 0;
};

/// Receiver: refuses the file. The layout is the same in every version.
struct refuse {
    std::string reason;
};

/// Sender: the bytes of the file from @p offset on. They refer to the buffer that was parsed.
struct data {
    std::uint64_t offset = 0;
    std::span<const std::byte> bytes;
};

/// Sender: all data were sent.
struct end {
    std::uint64_t total = 0;
    std::optional<sha256::digest> digest;
};

/// Receiver: the end of the transfer. Its only `result` and last message.
struct result {
    bool good = false;
    std::uint64_t total = 0;
    std::optional<sha256::digest> digest;
    std::string reason; // empty if good
};

/// Sender: gives up.
struct abort {
    std::string reason;
};

/// Either side: still runs, without another message to send.
struct alive {};

/// A message of this protocol in another version.
struct other_version {
    std::uint16_t number = 0;
};

using body = std::variant<hello, accept, refuse, data, end, result, abort, alive, other_version>;

struct message {
    std::uint64_t id = 0; // the sender's random name for the transfer
    body content;
};

std::vector<std::byte> encode(std::uint64_t id, const body& content);

/// The header of a data message. The caller sends it before the data, which are not copied.
std::vector<std::byte> encode_data_header(std::uint64_t id, std::uint64_t offset);

/// @returns nothing if the payload is no message of this protocol, is cut short or has a tail
std::optional<message> parse(std::uint32_t type, std::span<const std::byte> payload);

} // namespace argoctl::transfer
