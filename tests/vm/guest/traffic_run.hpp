// SPDX-License-Identifier: MIT
#pragma once

#include "endpoint.hpp"
#include "pattern.hpp"

#include <chrono>
#include <cstdint>

namespace guest {

struct traffic_plan {
    traffic pattern;
    argo_addr to{};
    bind_request bind;
    std::uint32_t count = 0; ///< of each sender; 0 for no end
    std::uint32_t senders = 1;
    std::uint32_t rate = 0;        ///< messages a second, 0 for as fast as can be
    std::uint32_t after_reset = 0; ///< messages that a sender still sends after the reset, and then ends
    bool nonblock = false;
    bool expect_reset = false;
    bool expect_gone = false;
    bool allow_gaps = false;
    std::chrono::seconds timeout{120};
    std::chrono::seconds idle_end{0};
};

/// These print one line of JSON and return the exit status. "ready" goes to stderr when traffic can begin.
int send_traffic(const traffic_plan& plan);
int receive_traffic(const traffic_plan& plan);
int watch_peer(const traffic_plan& plan);
/// The errno of each send is in the JSON; the exit status is 0 whatever they are.
int try_each(const traffic_plan& plan, std::span<const argo_addr> to);

} // namespace guest
