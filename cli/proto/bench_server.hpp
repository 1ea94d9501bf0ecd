// SPDX-License-Identifier: MIT
#pragma once

#include "proto/bench_messages.hpp"
#include "proto/sequence.hpp"

#include <libargo/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace argoctl::bench {

/// The answering side of a benchmark: one run after the other, one at a time.
class server {
public:
    using clock = std::chrono::steady_clock;

    /// After so long without a message a run is given up, so that a client that died does not block the others.
    static constexpr auto idle_limit = std::chrono::seconds(10);

    struct reply {
        libargo::address to;
        std::vector<std::byte> bytes;
    };

    struct step {
        std::optional<reply> send;
        bool echo = false;    // send the message back as it is
        bool started = false; // run() and peer() are new
        bool ended = false;   // last_report() is new
    };

    server(std::uint32_t max_message, std::uint32_t max_batch);

    step on_message(const libargo::address& from, std::uint32_t type, std::span<const std::byte> payload);

    /// To be called when nothing came for a while, with how long that is; true if a run was given up.
    bool on_idle(std::chrono::nanoseconds silence);

    [[nodiscard]] bool active() const { return active_; }
    [[nodiscard]] const start& run() const { return run_; }
    [[nodiscard]] const libargo::address& peer() const { return peer_; }
    [[nodiscard]] const report& last_report() const { return report_; }
    /// Messages that belong to no run.
    [[nodiscard]] std::uint64_t ignored() const { return ignored_; }

private:
    step on_data(const libargo::address& from, std::span<const std::byte> payload);
    step on_start(const libargo::address& from, std::uint32_t session, const start& wanted);
    step on_stop(const stop& last);
    [[nodiscard]] static step answer(const libargo::address& to, std::uint32_t session, const control& content);

    std::uint32_t max_message_;
    std::uint32_t max_batch_;
    bool active_ = false;
    libargo::address peer_;
    std::uint32_t session_ = 0;
    start run_;
    sequence_checker sequence_;
    std::uint64_t wrong_size_ = 0;
    report report_;
    std::uint64_t ignored_ = 0;
};

} // namespace argoctl::bench
