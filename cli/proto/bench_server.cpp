// SPDX-License-Identifier: MIT
#include "proto/bench_server.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <algorithm>
#include <utility>

namespace argoctl::bench {

server::server(std::uint32_t max_message, std::uint32_t max_batch, time_source now)
    : max_message_(max_message), max_batch_(max_batch), now_(std::move(now)) {}

server::step server::on_message(const libargo::address& from, std::uint32_t type, std::span<const std::byte> payload) {
    if (type == data_type) [[likely]] {
        return on_data(from, payload);
    }
    const auto message = parse(type, payload);
    if (message) {
        if (const auto* const wanted = std::get_if<start>(&message->content)) {
            return on_start(from, message->session, *wanted);
        }
        const auto* const last = std::get_if<stop>(&message->content);
        if (last != nullptr && active_ && from == peer_ && message->session == session_) {
            return on_stop(*last);
        }
    }
    return ignore();
}

server::step server::on_data(const libargo::address& from, std::span<const std::byte> payload) {
    const auto head = parse_data_head(payload);
    if (!head || !active_ || head->session != session_ || from != peer_) {
        return ignore();
    }
    heard_ = true;
    sequence_.add(head->sequence);
    if (payload.size() != run_.size) {
        ++wrong_size_;
    }
    step out;
    out.echo = run_.what == mode::round_trip;
    return out;
}

server::step server::on_start(const libargo::address& from, std::uint32_t session, const start& wanted) {
    const auto now = now_();
    const bool continues = active_ && from == peer_;
    if (active_ && from != peer_ && !give_up(now) && now - turn_began_ < longest_turn) {
        return turn_away(from, session, fmt::format("busy with a run for {}", peer_));
    }
    if (wanted.size > max_message_) {
        return turn_away(from, session,
                         fmt::format("messages of {} bytes do not fit the server's ring, which takes {}; give the "
                                     "server a larger --ring-size",
                                     wanted.size, max_message_));
    }
    if (!continues) {
        turn_began_ = now;
    }
    active_ = true;
    heard_ = false;
    heard_at_ = now;
    peer_ = from;
    session_ = session;
    run_ = wanted;
    run_.batch = std::min(wanted.batch, max_batch_);
    sequence_ = {};
    wrong_size_ = 0;
    step out = answer(from, session, ready{max_message_});
    out.started = true;
    return out;
}

server::step server::on_stop(const stop& last) {
    active_ = false;
    report_ = {sequence_.received(), sequence_.lost(last.sent), sequence_.reordered(), sequence_.duplicates(),
               wrong_size_};
    step out = answer(peer_, session_, report_);
    out.ended = true;
    return out;
}

server::step server::on_silence() {
    step out;
    out.given_up = give_up(now_());
    return out;
}

server::step server::ignore() {
    ++ignored_;
    // Foreign messages may come so often that the server never finds a silence.
    step out;
    out.given_up = active_ && give_up(now_());
    return out;
}

bool server::give_up(clock::time_point now) {
    if (!active_) {
        return false;
    }
    if (std::exchange(heard_, false)) {
        heard_at_ = now;
    }
    active_ = now - heard_at_ < idle_limit;
    return !active_;
}

server::step server::answer(const libargo::address& to, std::uint32_t session, const control& content) {
    step out;
    out.send = reply{to, encode(session, content), true};
    return out;
}

server::step server::turn_away(const libargo::address& to, std::uint32_t session, std::string reason) {
    step out;
    out.send = reply{to, encode(session, refuse{std::move(reason)}), false};
    return out;
}

} // namespace argoctl::bench
