// SPDX-License-Identifier: MIT
#include "proto/transfer_receiver.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <utility>

namespace argoctl::transfer {

receiver::receiver(settings options) : options_(options) {}

receiver::step receiver::on_message(const libargo::address& from, std::uint32_t type,
                                    std::span<const std::byte> payload, clock::time_point now) {
    const auto parsed = parse(type, payload);
    if (!parsed || state_ == state::over) {
        return ignore();
    }
    if (const auto* const other = std::get_if<other_version>(&parsed->content)) {
        return refuse_sender(
            from, parsed->id,
            fmt::format("the receiver speaks version {} of the transfer protocol, not {}", version, other->number));
    }
    if (const auto* const offer = std::get_if<hello>(&parsed->content)) {
        return on_hello(from, parsed->id, *offer, now);
    }
    if (!active() || from != peer_ || parsed->id != id_) {
        return ignore();
    }

    heard_ = now;
    if (const auto* const piece = std::get_if<data>(&parsed->content)) {
        return on_data(*piece, now);
    }
    if (const auto* const last = std::get_if<end>(&parsed->content)) {
        return on_end(*last);
    }
    if (const auto* const why = std::get_if<abort>(&parsed->content)) {
        return finish(ending::failed, "the sender gave up: " + why->reason);
    }
    if (std::holds_alternative<alive>(parsed->content)) {
        return {};
    }
    return ignore();
}

receiver::step receiver::on_hello(const libargo::address& from, std::uint64_t id, const hello& offer,
                                  clock::time_point now) {
    if (state_ != state::waiting) {
        if (from == peer_ && id == id_) {
            ++duplicates_;
            return {};
        }
        return refuse_sender(from, id, fmt::format("busy with a transfer from {}", peer_));
    }
    if (offer.size && *offer.size > options_.max_size) {
        return refuse_sender(
            from, id,
            fmt::format("the file has {} bytes, the receiver takes {} at most", *offer.size, options_.max_size));
    }
    state_ = state::receiving;
    peer_ = from;
    id_ = id;
    offer_ = offer;
    heard_ = now;
    progressed_ = now;
    if (offer.checksum || options_.checksum) {
        hash_.emplace();
    }
    step out = reply_to_peer(accept{options_.chunk}, now);
    out.started = true;
    return out;
}

receiver::step receiver::on_data(const data& piece, clock::time_point now) {
    if (state_ != state::receiving || piece.offset < received_) {
        // A repetition of data that were received is harmless. An overlap means that the two sides count differently.
        if (piece.offset + piece.bytes.size() <= received_ && piece.offset <= received_) {
            ++duplicates_;
            return {};
        }
        return finish(ending::failed,
                      fmt::format("data at {} overlap what was received ({} bytes)", piece.offset, received_));
    }
    if (piece.offset > received_) {
        return finish(ending::failed, fmt::format("bytes {} to {} are missing", received_, piece.offset));
    }
    if (offer_.size && piece.bytes.size() > *offer_.size - received_) {
        return finish(ending::failed, fmt::format("more data than the {} bytes announced", *offer_.size));
    }
    if (piece.bytes.size() > options_.max_size - received_) {
        return finish(ending::failed,
                      fmt::format("more data than the {} bytes that the receiver takes at most", options_.max_size));
    }
    // A message without data is no more than a sign of life.
    if (!piece.bytes.empty()) {
        progressed_ = now;
    }
    if (hash_) {
        hash_->update(piece.bytes);
    }
    received_ += piece.bytes.size();
    step out;
    out.write = piece.bytes;
    return out;
}

receiver::step receiver::on_end(const end& last) {
    if (state_ == state::complete) {
        ++duplicates_;
        return {};
    }
    if (last.total != received_) {
        return finish(ending::failed, fmt::format("received {} bytes, {} were sent", received_, last.total));
    }
    if (offer_.size && *offer_.size != received_) {
        return finish(ending::failed, fmt::format("received {} bytes, {} were announced", received_, *offer_.size));
    }
    if (hash_) {
        digest_ = hash_->finish();
    }
    hash_.reset();
    if (offer_.checksum && !last.digest) {
        return finish(ending::failed, "the sender announced a checksum and sent none");
    }
    if (last.digest && digest_ && *last.digest != *digest_) {
        return finish(ending::failed, fmt::format("the checksum differs: {} received, {} sent", to_hex(*digest_),
                                                  to_hex(*last.digest)));
    }
    state_ = state::complete;
    step out;
    out.complete = true;
    return out;
}

receiver::step receiver::on_tick(clock::time_point now, bool listening) {
    if (!active()) {
        return {};
    }
    if (!listening) {
        heard_ = now;
        progressed_ = now;
    }
    if (state_ == state::receiving && now - heard_ > options_.timeout) {
        return finish(ending::peer_gone,
                      fmt::format("nothing heard from the sender for {:g} s", in_seconds(options_.timeout)));
    }
    if (state_ == state::receiving && now - progressed_ > options_.stall_timeout) {
        return finish(ending::failed, fmt::format("the sender is alive, but sent no data for {:g} s",
                                                  in_seconds(options_.stall_timeout)));
    }
    if (now - spoke_ >= alive_interval) {
        return reply_to_peer(alive{}, now);
    }
    return {};
}

receiver::step receiver::commit(clock::time_point now) {
    state_ = state::over;
    outcome_ = ending::good;
    return reply_to_peer(result{true, received_, digest_, {}}, now);
}

receiver::step receiver::fail(std::string reason) {
    if (state_ == state::over) {
        return {};
    }
    return finish(ending::failed, std::move(reason));
}

receiver::step receiver::on_peer_gone() {
    if (!active()) {
        return {};
    }
    state_ = state::over;
    outcome_ = ending::peer_gone;
    reason_ = "the sender has gone";
    return {};
}

receiver::step receiver::finish(ending how, std::string reason) {
    const bool tell = active();
    state_ = state::over;
    outcome_ = how;
    reason_ = std::move(reason);
    hash_.reset();
    if (!tell) {
        return {};
    }
    return {{}, reply{peer_, encode(id_, result{false, received_, std::nullopt, reason_})}, false, false};
}

receiver::step receiver::reply_to_peer(const body& content, clock::time_point now) {
    spoke_ = now;
    return {{}, reply{peer_, encode(id_, content)}, false, false};
}

receiver::step receiver::refuse_sender(const libargo::address& to, std::uint64_t id, std::string reason) {
    ++refused_;
    return {{}, reply{to, encode(id, refuse{std::move(reason)})}, false, false};
}

receiver::step receiver::ignore() {
    ++ignored_;
    return {};
}

} // namespace argoctl::transfer
