// SPDX-License-Identifier: MIT
#pragma once

#include "proto/bench_messages.hpp"
#include "proto/sequence.hpp"

#include <libargo/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace argoctl::bench {

/// The answering side of benchmarks, which has one run at a time.
class server {
public:
    using clock = std::chrono::steady_clock;

    using time_source = std::function<clock::time_point()>;

    /// The server gives a run up after this time without a message of the run, so that a client that died does not
    /// block the others.
    static constexpr auto idle_limit = std::chrono::seconds(10);
    /// A client that has had the server for this time gives way to the next client.
    static constexpr auto longest_turn = std::chrono::hours(1);

    struct reply {
        libargo::address to;
        std::vector<std::byte> bytes;
        bool can_wait = false; // for space in the peer's ring; a refused client must not keep the server from its run
    };

    struct step {
        std::optional<reply> send;
        bool echo = false;     // send the message back as it is
        bool started = false;  // run() and peer() are new
        bool ended = false;    // last_report() is new
        bool given_up = false; // the run of peer() has ended without a report
    };

    /// @param now the clock, which is read for control and foreign messages and never for those that are measured
    server(std::uint32_t max_message, std::uint32_t max_batch, time_source now = clock::now);

    step on_message(const libargo::address& from, std::uint32_t type, std::span<const std::byte> payload);

    /// To be called when no message came for about a second.
    step on_silence();

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
    step ignore();
    /// Ends the run if its client is silent.
    bool give_up(clock::time_point now);
    [[nodiscard]] static step answer(const libargo::address& to, std::uint32_t session, const control& content);
    [[nodiscard]] static step turn_away(const libargo::address& to, std::uint32_t session, std::string reason);

    std::uint32_t max_message_;
    std::uint32_t max_batch_;
    time_source now_;
    bool active_ = false;
    bool heard_ = false; // a message of the run, since heard_at_ was set
    clock::time_point heard_at_;
    clock::time_point turn_began_; // the peer's first run of those without a pause
    libargo::address peer_;
    std::uint32_t session_ = 0;
    start run_;
    sequence_checker sequence_;
    std::uint64_t wrong_size_ = 0;
    report report_;
    std::uint64_t ignored_ = 0;
};

} // namespace argoctl::bench
