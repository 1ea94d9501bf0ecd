// SPDX-License-Identifier: MIT
#pragma once

#include <linux/argo.h>

#include <array>
#include <cstdint>
#include <type_traits>

/// What a tester and a servant (argo-test-peer) say to each other: one message each way, packed by hand so
/// that every build has the same layout. The message type is the request's number; the reply repeats it.
namespace guest::protocol {

inline constexpr std::uint32_t default_port = 900;

enum class operation : std::uint32_t {
    ping = 1, ///< answers with the servant's domid
    reset,    ///< ends every job of the asking domain
    echo,     ///< starts a job: sends back what it receives
    sink,     ///< starts a job: receives and verifies
    hold,     ///< starts a job: as sink, but reads nothing before release
    send,     ///< starts a job: sends verifiable messages
    release,  ///< a hold begins to read
    finish,   ///< answers when the job has done all it was to do
    stop,     ///< ends a job at once and answers
};

enum class send_mode : std::uint32_t {
    blocking = 0,
    polling = 1, ///< non-blocking with a WATCH and poll()
};

struct request {
    operation op{};
    std::uint32_t job = 0; ///< of release, finish and stop
    argo_addr to{};        ///< where a send job sends to
    std::uint32_t port = 0;
    std::uint32_t partner = 0;
    std::uint32_t ring_size = 0;
    std::uint32_t bind_flags = 0;
    std::uint64_t seed = 0;
    std::uint64_t count = 0; ///< messages until a sink, hold or send has finished; 0: until stop
    std::uint32_t min_size = 0;
    std::uint32_t max_size = 0;
    send_mode mode{};
    std::uint32_t lifetime_ms = 0; ///< the job ends then even if nobody stops it
};

struct reply {
    std::uint32_t error = 0; ///< errno of what went wrong, 0 if nothing did
    std::uint32_t job = 0;
    argo_addr local{}; ///< the job's own ring
    std::uint32_t ring_size = 0;
    std::uint32_t max_message = 0;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t waits = 0; ///< a polling send: times that the ring was full
    std::array<char, 192> text{};
};

static_assert(sizeof(request) == 64 && std::is_trivially_copyable_v<request>);
static_assert(sizeof(reply) == 240 && std::is_trivially_copyable_v<reply>);

} // namespace guest::protocol
