// SPDX-License-Identifier: MIT
#pragma once

#include "proto/transfer_messages.hpp"
#include "util/sha256.hpp"

#include <libargo/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace argoctl::transfer {

using clock = std::chrono::steady_clock;

/// After so long without a message of its own, either side says that it is still there.
inline constexpr auto alive_interval = std::chrono::seconds(1);

/// How a transfer ended, for either side.
enum class ending {
    none, // not yet
    good,
    failed,
    refused,
    peer_gone,
};

/// The receiving side: one transfer, then it is used up. Messages and time go in, replies and file data come out.
class receiver {
public:
    struct settings {
        std::uint32_t chunk = 0;                                    // largest data message's share of data
        bool checksum = false;                                      // compute one even if the sender does not
        std::chrono::nanoseconds timeout{std::chrono::seconds(30)}; // longest silence of the sender
    };

    struct reply {
        libargo::address to;
        std::vector<std::byte> bytes;
    };

    /// What to do after an input, in this order.
    struct step {
        std::span<const std::byte> write; // append to the file; points into the message that went in
        std::optional<reply> send;
        bool started = false;  // a transfer began: offer() and peer() are there
        bool complete = false; // all is there: finish the file, then call commit() or fail()
    };

    explicit receiver(settings options);

    step on_message(const libargo::address& from, std::uint32_t type, std::span<const std::byte> payload,
                    clock::time_point now);
    /// To be called every second or so. While nobody is @p listening, because the file cannot take more yet, the sender
    /// is not missed.
    step on_tick(clock::time_point now, bool listening);
    /// The file is safe.
    step commit(clock::time_point now);
    /// Something failed here (the disk is full, the user interrupted).
    step fail(std::string reason);
    /// The sender's ring has gone.
    step on_peer_gone();

    /// A transfer is under way.
    [[nodiscard]] bool active() const { return state_ == state::receiving || state_ == state::complete; }
    [[nodiscard]] ending outcome() const { return outcome_; }
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] const hello& offer() const { return offer_; }
    [[nodiscard]] const libargo::address& peer() const { return peer_; }
    [[nodiscard]] std::uint64_t received() const { return received_; }
    /// What was computed here, once complete.
    [[nodiscard]] const std::optional<sha256::digest>& digest() const { return digest_; }
    /// The sender's checksum was compared with that.
    [[nodiscard]] bool verified() const { return outcome_ == ending::good && offer_.checksum; }

    /// Messages that were no part of a transfer, or of another one.
    [[nodiscard]] std::uint64_t ignored() const { return ignored_; }
    [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }
    /// Other senders that were told to go away.
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    enum class state { waiting, receiving, complete, over };

    step on_hello(const libargo::address& from, std::uint64_t id, const hello& offer, clock::time_point now);
    step on_data(const data& piece);
    step on_end(const end& last);
    step finish(ending how, std::string reason);
    step reply_to_peer(const body& content, clock::time_point now);
    step refuse_sender(const libargo::address& to, std::uint64_t id, std::string reason);
    step ignore();

    settings options_;
    state state_ = state::waiting;
    ending outcome_ = ending::none;
    std::string reason_;

    libargo::address peer_;
    std::uint64_t id_ = 0;
    hello offer_;
    std::uint64_t received_ = 0;
    std::optional<sha256> hash_;
    std::optional<sha256::digest> digest_;
    clock::time_point heard_;
    clock::time_point spoke_;

    std::uint64_t ignored_ = 0;
    std::uint64_t duplicates_ = 0;
    std::uint64_t refused_ = 0;
};

} // namespace argoctl::transfer
