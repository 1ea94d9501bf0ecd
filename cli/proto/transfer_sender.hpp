// SPDX-License-Identifier: MIT
#pragma once

#include "proto/transfer_messages.hpp"
#include "proto/transfer_receiver.hpp"
#include "util/sha256.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace argoctl::transfer {

/// The sending side of one transfer. The socket is connected: all messages that go in come from the receiver.
class sender {
public:
    struct settings {
        std::chrono::nanoseconds timeout{default_timeout};
        std::chrono::nanoseconds stall_timeout{default_stall_timeout};
    };

    sender(std::uint64_t id, hello offer, settings options);

    /// The first message.
    std::vector<std::byte> start(clock::time_point now);

    void on_message(std::uint32_t type, std::span<const std::byte> payload, clock::time_point now);

    /// To be called about once a second.
    /// @param reading true while the sender waits for its own file. That time does not count as stall of the receiver.
    /// @returns a message to send, if there is one
    std::optional<std::vector<std::byte>> on_tick(clock::time_point now, bool reading);

    /// Takes @p bytes as the next bytes of the file.
    /// @returns the header of their message
    std::vector<std::byte> next_header(std::span<const std::byte> bytes, clock::time_point now);

    /// The message that ends the file.
    std::vector<std::byte> finish(clock::time_point now);

    /// The sender itself failed.
    /// @returns the message that tells the receiver, unless the transfer is over
    std::optional<std::vector<std::byte>> fail(std::string reason);

    /// The receiver's ring has gone, or cannot be reached. A result that was received before holds.
    void on_peer_gone(std::string reason);

    /// The receiver has accepted; chunk() is valid.
    [[nodiscard]] bool accepted() const { return state_ == state::sending || state_ == state::finishing; }
    [[nodiscard]] bool over() const { return state_ == state::over; }
    /// Most bytes of data in one message.
    [[nodiscard]] std::uint32_t chunk() const { return chunk_; }
    [[nodiscard]] ending outcome() const { return outcome_; }
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] std::uint64_t sent() const { return sent_; }
    [[nodiscard]] const std::optional<sha256::digest>& digest() const { return digest_; }

private:
    enum class state { greeting, sending, finishing, over };

    void on_accept(const accept& answer);
    void on_result(const result& answer);
    void end(ending how, std::string reason);

    std::uint64_t id_;
    hello offer_;
    settings options_;
    state state_ = state::greeting;
    ending outcome_ = ending::none;
    std::string reason_;
    std::uint32_t chunk_ = 0;
    std::uint64_t sent_ = 0;
    std::optional<sha256> hash_;
    std::optional<sha256::digest> digest_;
    clock::time_point heard_;      // last message from the receiver
    clock::time_point progressed_; // last time that the receiver had the sender go on
    clock::time_point spoke_;      // last message to the receiver
};

} // namespace argoctl::transfer
