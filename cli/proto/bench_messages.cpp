// SPDX-License-Identifier: MIT
#include "proto/bench_messages.hpp"

#include "proto/wire.hpp"

#include <bit>
#include <cstring>
#include <utility>

namespace argoctl::bench {

namespace {

enum class kind : std::uint16_t { start = 1, ready, refuse, stop, report };

wire::writer begin(std::uint32_t session, kind what) {
    wire::writer out;
    out.number(control_type).number(version).number(static_cast<std::uint16_t>(what)).number(session);
    return out;
}

struct encoder {
    std::uint32_t session;

    wire::writer operator()(const start& m) const {
        auto out = begin(session, kind::start);
        out.number(static_cast<std::uint16_t>(m.what)).number(std::uint16_t{0}).number(m.size).number(m.batch);
        return out;
    }
    wire::writer operator()(const ready& m) const {
        auto out = begin(session, kind::ready);
        out.number(m.max_message);
        return out;
    }
    wire::writer operator()(const refuse& m) const {
        auto out = begin(session, kind::refuse);
        out.text(m.reason, longest_reason);
        return out;
    }
    wire::writer operator()(const stop& m) const {
        auto out = begin(session, kind::stop);
        out.number(m.sent);
        return out;
    }
    wire::writer operator()(const report& m) const {
        auto out = begin(session, kind::report);
        out.number(m.received).number(m.lost).number(m.reordered).number(m.duplicates).number(m.wrong_size);
        return out;
    }
};

// These copy whole words: the loops of wire:: would be measured with each message.
static_assert(std::endian::native == std::endian::little, "Argo runs on little-endian machines only");

template <std::unsigned_integral T> void store(std::span<std::byte> to, T value) {
    std::memcpy(to.data(), &value, sizeof(T));
}

template <std::unsigned_integral T> T load(std::span<const std::byte> from) {
    T value = 0;
    std::memcpy(&value, from.data(), sizeof(T));
    return value;
}

} // namespace

std::vector<std::byte> encode(std::uint32_t session, const control& content) {
    return std::visit(encoder{session}, content).take();
}

std::optional<control_message> parse(std::uint32_t type, std::span<const std::byte> payload) {
    if (type != control_type) {
        return std::nullopt;
    }
    wire::reader in(payload);
    const auto magic = in.number<std::uint32_t>();
    const auto found_version = in.number<std::uint16_t>();
    const auto what = static_cast<kind>(in.number<std::uint16_t>());
    control_message out;
    out.session = in.number<std::uint32_t>();
    if (!in.good() || magic != control_type || found_version != version) {
        return std::nullopt;
    }

    bool known = true;
    switch (what) {
    case kind::start: {
        start m;
        m.what = static_cast<mode>(in.number<std::uint16_t>());
        const auto reserved = in.number<std::uint16_t>();
        m.size = in.number<std::uint32_t>();
        m.batch = in.number<std::uint32_t>();
        known = (m.what == mode::round_trip || m.what == mode::one_way) && reserved == 0 && m.batch > 0 &&
                m.size >= smallest_size;
        out.content = m;
        break;
    }
    case kind::ready:
        out.content = ready{in.number<std::uint32_t>()};
        break;
    case kind::refuse:
        out.content = refuse{in.text(longest_reason)};
        break;
    case kind::stop:
        out.content = stop{in.number<std::uint64_t>()};
        break;
    case kind::report: {
        report m;
        m.received = in.number<std::uint64_t>();
        m.lost = in.number<std::uint64_t>();
        m.reordered = in.number<std::uint64_t>();
        m.duplicates = in.number<std::uint64_t>();
        m.wrong_size = in.number<std::uint64_t>();
        out.content = m;
        break;
    }
    default:
        known = false;
    }
    if (!known || !in.finished()) {
        return std::nullopt;
    }
    return out;
}

void put_data_head(std::span<std::byte> message, std::uint32_t session, std::uint64_t sequence) {
    const auto head = message.first(smallest_size);
    store(head, session);
    store(head.subspan(4), std::uint32_t{0});
    store(head.subspan(8), sequence);
}

std::optional<data_head> parse_data_head(std::span<const std::byte> message) {
    if (message.size() < smallest_size) {
        return std::nullopt;
    }
    return data_head{load<std::uint32_t>(message), load<std::uint64_t>(message.subspan(8))};
}

} // namespace argoctl::bench
