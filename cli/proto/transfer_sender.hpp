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

/// The sending side of one transfer. Its replies come from the one peer that its socket is connected to.
class sender {
public:
    sender(std::uint64_t id, hello offer, std::chrono::nanoseconds timeout);

    /// The first message.
    std::vector<std::byte> start(clock::time_point now);

    void on_message(std::uint32_t type, std::span<const std::byte> payload, clock::time_point now);

    /// To be called every second or so; what it returns is to be sent.
    std::optional<std::vector<std::byte>> on_tick(clock::time_point now);

    /// Takes @p bytes as the next ones of the file; returns what goes before them in their message.
    std::vector<std::byte> next_header(std::span<const std::byte> bytes, clock::time_point now);

    /// The message that ends the file.
    std::vector<std::byte> finish(clock::time_point now);

    /// Something failed here; the message that tells the receiver, if it waits for more.
    std::optional<std::vector<std::byte>> fail(std::string reason);

    /// The receiver's ring has gone, or cannot be reached. A result that came before counts more.
    void on_peer_gone(std::string reason);

    /// The receiver said yes; chunk() is there.
    [[nodiscard]] bool accepted() const { return state_ == state::sending || state_ == state::finishing; }
    [[nodiscard]] bool over() const { return state_ == state::over; }
    /// Most data for one message.
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
    std::chrono::nanoseconds timeout_;
    state state_ = state::greeting;
    ending outcome_ = ending::none;
    std::string reason_;
    std::uint32_t chunk_ = 0;
    std::uint64_t sent_ = 0;
    std::optional<sha256> hash_;
    std::optional<sha256::digest> digest_;
    clock::time_point heard_;
    clock::time_point spoke_;
};

} // namespace argoctl::transfer
