// SPDX-License-Identifier: MIT
#include "proto/transfer_sender.hpp"

#include <fmt/format.h>

#include <utility>

namespace argoctl::transfer {

sender::sender(std::uint64_t id, hello offer, settings options) : id_(id), offer_(std::move(offer)), options_(options) {
    if (offer_.checksum) {
        hash_.emplace();
    }
}

std::vector<std::byte> sender::start(clock::time_point now) {
    heard_ = now;
    progressed_ = now;
    spoke_ = now;
    return encode(id_, offer_);
}

void sender::on_message(std::uint32_t type, std::span<const std::byte> payload, clock::time_point now) {
    if (over()) {
        return;
    }
    const auto parsed = parse(type, payload);
    if (!parsed || parsed->id != id_) {
        return;
    }
    heard_ = now;
    if (const auto* const yes = std::get_if<accept>(&parsed->content)) {
        on_accept(*yes);
    } else if (const auto* const no = std::get_if<refuse>(&parsed->content)) {
        end(ending::refused, no->reason);
    } else if (const auto* const answer = std::get_if<result>(&parsed->content)) {
        on_result(*answer);
    } else if (const auto* const other = std::get_if<other_version>(&parsed->content)) {
        end(ending::refused,
            fmt::format("the receiver speaks version {} of the transfer protocol, not {}", other->number, version));
    }
}

void sender::on_accept(const accept& answer) {
    if (state_ != state::greeting) {
        return;
    }
    if (answer.chunk == 0) {
        end(ending::failed, "the receiver takes no data");
        return;
    }
    chunk_ = answer.chunk;
    state_ = state::sending;
}

void sender::on_result(const result& answer) {
    if (!answer.good) {
        end(ending::failed, "the receiver failed: " + answer.reason);
        return;
    }
    if (state_ != state::finishing) {
        end(ending::failed, "the receiver reported success before all data were sent");
        return;
    }
    if (answer.total != sent_) {
        end(ending::failed, fmt::format("the receiver has {} bytes, {} were sent", answer.total, sent_));
        return;
    }
    if (digest_ && answer.digest != digest_) {
        end(ending::failed, answer.digest ? "the receiver has another checksum: " + to_hex(*answer.digest)
                                          : "the receiver did not compare the checksum");
        return;
    }
    end(ending::good, {});
}

std::optional<std::vector<std::byte>> sender::on_tick(clock::time_point now, bool reading) {
    if (over()) {
        return std::nullopt;
    }
    if (reading) {
        progressed_ = now;
    }
    if (now - heard_ > options_.timeout) {
        end(ending::peer_gone, fmt::format("nothing heard from the receiver for {:g} s", in_seconds(options_.timeout)));
        return std::nullopt;
    }
    if (now - progressed_ > options_.stall_timeout) {
        return fail(
            fmt::format("the receiver is alive, but took no data for {:g} s", in_seconds(options_.stall_timeout)));
    }
    if (state_ == state::greeting || now - spoke_ < alive_interval) {
        return std::nullopt;
    }
    spoke_ = now;
    return encode(id_, alive{});
}

std::vector<std::byte> sender::next_header(std::span<const std::byte> bytes, clock::time_point now) {
    if (hash_) {
        hash_->update(bytes);
    }
    progressed_ = now;
    spoke_ = now;
    return encode_data_header(id_, std::exchange(sent_, sent_ + bytes.size()));
}

std::vector<std::byte> sender::finish(clock::time_point now) {
    if (hash_) {
        digest_ = hash_->finish();
    }
    hash_.reset();
    state_ = state::finishing;
    progressed_ = now;
    spoke_ = now;
    return encode(id_, transfer::end{sent_, digest_});
}

std::optional<std::vector<std::byte>> sender::fail(std::string reason) {
    if (over()) {
        return std::nullopt;
    }
    auto message = encode(id_, abort{reason});
    end(ending::failed, std::move(reason));
    return message;
}

void sender::on_peer_gone(std::string reason) {
    if (!over()) {
        end(ending::peer_gone, std::move(reason));
    }
}

void sender::end(ending how, std::string reason) {
    state_ = state::over;
    outcome_ = how;
    reason_ = std::move(reason);
}

} // namespace argoctl::transfer
