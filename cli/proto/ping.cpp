// SPDX-License-Identifier: MIT
#include "proto/ping.hpp"

#include "proto/wire.hpp"

#include <algorithm>

namespace argoctl::ping {

namespace {

std::byte pattern(std::size_t position) { return static_cast<std::byte>(position & 0xff); }

} // namespace

std::vector<std::byte> encode(std::uint32_t ident, std::uint64_t sequence, std::size_t size) {
    wire::writer out;
    out.number(message_type).number(ident).number(sequence);
    auto bytes = std::move(out).take();
    bytes.reserve(size);
    while (bytes.size() < size) {
        bytes.push_back(pattern(bytes.size()));
    }
    return bytes;
}

double summary::loss() const {
    const std::uint64_t known = sent - pending;
    return known == 0 ? 0.0 : 100.0 * static_cast<double>(lost) / static_cast<double>(known);
}

tracker::tracker(std::uint32_t ident, std::size_t size, std::chrono::nanoseconds timeout)
    : ident_(ident), size_(std::max(size, smallest_size)), timeout_(timeout) {}

std::vector<std::byte> tracker::next(clock::time_point now) {
    if (sent_ == 0) {
        first_ = now;
    }
    if (probes_.size() < window) {
        probes_.push_back({now});
    } else {
        probes_[sent_ % window] = {now};
    }
    return encode(ident_, sent_++, size_);
}

void tracker::failed() {
    probes_[(sent_ - 1) % window].state = fate::failed;
    ++counts_.errors;
}

reply tracker::on_message(std::uint32_t type, std::span<const std::byte> payload, clock::time_point now) {
    wire::reader in(payload);
    const auto magic = in.number<std::uint32_t>();
    const auto ident = in.number<std::uint32_t>();
    const auto sequence = in.number<std::uint64_t>();
    if (type != message_type || !in.good() || magic != message_type || ident != ident_) {
        return {};
    }
    if (sequence >= sent_ || sent_ - sequence > window) {
        return {};
    }

    probe& found = probes_[sequence % window];
    reply out{reply_kind::in_time, sequence, now - found.sent};
    bool intact = payload.size() == size_;
    for (std::size_t i = smallest_size; intact && i < payload.size(); ++i) {
        intact = payload[i] == pattern(i);
    }
    if (!intact) {
        ++counts_.corrupt;
        out.kind = reply_kind::corrupt;
        return out;
    }
    if (found.state != fate::open) {
        ++counts_.duplicates;
        out.kind = reply_kind::duplicate;
        return out;
    }
    found.state = fate::answered;
    if (out.time > timeout_) {
        ++counts_.late;
        out.kind = reply_kind::late;
        return out;
    }
    ++counts_.received;
    counts_.times.add(out.time);
    return out;
}

std::uint64_t tracker::pending(clock::time_point now) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        probes_, [&](const probe& p) { return p.state == fate::open && now - p.sent <= timeout_; }));
}

bool tracker::settled(clock::time_point now) const { return pending(now) == 0; }

summary tracker::summarize(clock::time_point now) const {
    summary out = counts_;
    out.sent = sent_;
    out.pending = pending(now);
    out.lost = sent_ - out.received - out.pending;
    out.elapsed = sent_ == 0 ? std::chrono::nanoseconds(0) : std::chrono::nanoseconds(now - first_);
    return out;
}

} // namespace argoctl::ping
