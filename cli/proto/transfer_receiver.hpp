// SPDX-License-Identifier: MIT
#pragma once

#include "proto/transfer_messages.hpp"
#include "util/sha256.hpp"

#include <libargo/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace argoctl::transfer {

using clock = std::chrono::steady_clock;

/// The longest time in which a side sends no message. A side without another message sends `alive`.
inline constexpr auto alive_interval = std::chrono::seconds(1);

/// The longest silence of the peer, unless the user gives another.
inline constexpr auto default_timeout = std::chrono::seconds(30);

/// The longest time in which the peer only says that it is alive, unless the user gives another.
inline constexpr auto default_stall_timeout = std::chrono::minutes(15);

/// A time in the unit of messages to people.
inline double in_seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// The end of a transfer, for either side.
enum class ending {
    none, // it goes on
    good,
    failed,
    refused,
    peer_gone,
};

/// The receiving side of one transfer. Messages and time go in, replies and file data come out.
class receiver {
public:
    struct settings {
        std::uint32_t chunk = 0; // most bytes of data in one message
        bool checksum = false;   // compute a checksum even if the sender does not
        std::chrono::nanoseconds timeout{default_timeout};
        std::chrono::nanoseconds stall_timeout{default_stall_timeout};
        std::uint64_t max_size = std::numeric_limits<std::uint64_t>::max(); // largest file that is taken
    };

    struct reply {
        libargo::address to;
        std::vector<std::byte> bytes;
    };

    /// The actions after an input, in this order.
    struct step {
        std::span<const std::byte> write; // append to the file; points into the message that went in
        std::optional<reply> send;
        bool started = false;  // a transfer began: offer() and peer() are valid
        bool complete = false; // all data were received: finish the file, then call commit() or fail()
    };

    explicit receiver(settings options);

    step on_message(const libargo::address& from, std::uint32_t type, std::span<const std::byte> payload,
                    clock::time_point now);
    /// To be called about once a second.
    /// @param listening false while messages stay in the ring because the file takes no data at the moment. That time
    /// does not count as silence or stall of the sender.
    step on_tick(clock::time_point now, bool listening);
    /// The file is complete under its name.
    step commit(clock::time_point now);
    /// The receiver itself failed (the disk is full, the user interrupted).
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
    /// The checksum of the received data, once all were received and if one was wanted.
    [[nodiscard]] const std::optional<sha256::digest>& digest() const { return digest_; }
    /// The sender's checksum was compared with digest().
    [[nodiscard]] bool verified() const { return outcome_ == ending::good && offer_.checksum; }

    /// Messages that did not belong to the transfer.
    [[nodiscard]] std::uint64_t ignored() const { return ignored_; }
    [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }
    /// Senders that were refused.
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

private:
    enum class state { waiting, receiving, complete, over };

    step on_hello(const libargo::address& from, std::uint64_t id, const hello& offer, clock::time_point now);
    step on_data(const data& piece, clock::time_point now);
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
    clock::time_point heard_;      // last message from the sender
    clock::time_point progressed_; // last new data from the sender
    clock::time_point spoke_;      // last message to the sender

    std::uint64_t ignored_ = 0;
    std::uint64_t duplicates_ = 0;
    std::uint64_t refused_ = 0;
};

} // namespace argoctl::transfer
