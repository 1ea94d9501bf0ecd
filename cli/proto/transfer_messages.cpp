// SPDX-License-Identifier: MIT
#include "proto/transfer_messages.hpp"

#include "proto/wire.hpp"

#include <limits>
#include <type_traits>
#include <utility>

namespace argoctl::transfer {

namespace {

constexpr std::uint32_t magic = message_type;
constexpr std::uint64_t unknown_size = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t flag_checksum = 1;

enum class kind : std::uint16_t { hello = 1, accept, refuse, data, end, result, abort, alive };

wire::writer start(std::uint64_t id, kind what) {
    wire::writer out;
    out.number(magic).number(version).number(static_cast<std::uint16_t>(what)).number(id);
    return out;
}

void put_digest(wire::writer& out, const std::optional<sha256::digest>& digest) {
    out.number(digest ? flag_checksum : std::uint32_t{0}).bytes(digest.value_or(sha256::digest{}));
}

/// @returns false if an unknown flag is set
bool take_digest(wire::reader& in, std::optional<sha256::digest>& digest) {
    const auto flags = in.number<std::uint32_t>();
    const auto bytes = in.array<sizeof(sha256::digest)>();
    if (flags == flag_checksum) {
        digest = bytes;
    }
    return flags == flag_checksum || flags == 0;
}

struct encoder {
    std::uint64_t id;

    wire::writer operator()(const hello& m) const {
        auto out = start(id, kind::hello);
        out.number(m.size.value_or(unknown_size))
            .number(m.checksum ? flag_checksum : std::uint32_t{0})
            .text(m.name, longest_name);
        return out;
    }
    wire::writer operator()(const accept& m) const {
        auto out = start(id, kind::accept);
        out.number(m.chunk);
        return out;
    }
    wire::writer operator()(const refuse& m) const {
        auto out = start(id, kind::refuse);
        out.text(m.reason, longest_reason);
        return out;
    }
    wire::writer operator()(const data& m) const {
        auto out = start(id, kind::data);
        out.number(m.offset).bytes(m.bytes);
        return out;
    }
    wire::writer operator()(const end& m) const {
        auto out = start(id, kind::end);
        out.number(m.total);
        put_digest(out, m.digest);
        return out;
    }
    wire::writer operator()(const result& m) const {
        auto out = start(id, kind::result);
        out.number(m.good ? std::uint32_t{0} : std::uint32_t{1}).number(m.total);
        put_digest(out, m.digest);
        out.text(m.reason, longest_reason);
        return out;
    }
    wire::writer operator()(const abort& m) const {
        auto out = start(id, kind::abort);
        out.text(m.reason, longest_reason);
        return out;
    }
    wire::writer operator()(const alive& /*unused*/) const { return start(id, kind::alive); }
    wire::writer operator()(const other_version& m) const {
        wire::writer out;
        out.number(magic).number(m.number).number(std::uint16_t{0}).number(id);
        return out;
    }
};

/// @returns false if an unknown flag is set
bool take_hello(wire::reader& in, hello& m) {
    if (const auto size = in.number<std::uint64_t>(); size != unknown_size) {
        m.size = size;
    }
    const auto flags = in.number<std::uint32_t>();
    m.checksum = flags == flag_checksum;
    m.name = in.text(longest_name);
    return flags == flag_checksum || flags == 0;
}

/// @returns false if an unknown flag or status is set
bool take_result(wire::reader& in, result& m) {
    const auto status = in.number<std::uint32_t>();
    m.good = status == 0;
    m.total = in.number<std::uint64_t>();
    const bool known = take_digest(in, m.digest) && status <= 1;
    m.reason = in.text(longest_reason);
    return known;
}

std::optional<body> parse_body(kind what, wire::reader& in) {
    bool known = true;
    body content;
    switch (what) {
    case kind::hello: {
        hello m;
        known = take_hello(in, m);
        content = std::move(m);
        break;
    }
    case kind::accept:
        content = accept{in.number<std::uint32_t>()};
        break;
    case kind::refuse:
        content = refuse{in.text(longest_reason)};
        break;
    case kind::data: {
        data m;
        m.offset = in.number<std::uint64_t>();
        m.bytes = in.rest();
        content = m;
        break;
    }
    case kind::end: {
        end m;
        m.total = in.number<std::uint64_t>();
        known = take_digest(in, m.digest);
        content = m;
        break;
    }
    case kind::result: {
        result m;
        known = take_result(in, m);
        content = std::move(m);
        break;
    }
    case kind::abort:
        content = abort{in.text(longest_reason)};
        break;
    case kind::alive:
        content = alive{};
        break;
    default:
        known = false;
    }
    if (!known || !in.finished()) {
        return std::nullopt;
    }
    return content;
}

} // namespace

std::vector<std::byte> encode(std::uint64_t id, const body& content) { return std::visit(encoder{id}, content).take(); }

std::vector<std::byte> encode_data_header(std::uint64_t id, std::uint64_t offset) {
    return encode(id, data{offset, {}});
}

std::optional<message> parse(std::uint32_t type, std::span<const std::byte> payload) {
    if (type != message_type) {
        return std::nullopt;
    }
    wire::reader in(payload);
    const auto found_magic = in.number<std::uint32_t>();
    const auto found_version = in.number<std::uint16_t>();
    const auto what = static_cast<kind>(in.number<std::uint16_t>());
    message out;
    out.id = in.number<std::uint64_t>();
    if (!in.good() || found_magic != magic) {
        return std::nullopt;
    }
    // A refused sender of any version understands the refusal.
    if (found_version != version && what != kind::refuse) {
        out.content = other_version{found_version};
        return out;
    }
    auto content = parse_body(what, in);
    if (!content) {
        return std::nullopt;
    }
    out.content = std::move(*content);
    return out;
}

} // namespace argoctl::transfer
