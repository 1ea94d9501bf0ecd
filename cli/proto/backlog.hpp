// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/address.hpp>

#include <cstddef>
#include <unordered_map>

namespace argoctl {

/// How much waits to be sent to whom, and whether more may.
class backlog {
public:
    static constexpr std::size_t peer_messages = 256;
    static constexpr std::size_t peer_bytes = std::size_t{1} << 20;
    static constexpr std::size_t total_bytes = std::size_t{64} << 20;

    /// False if it may not wait: the peer's share or the whole is used up. One message may always wait for a peer
    /// whose queue is empty, whatever its size, as long as the whole is not used up.
    [[nodiscard]] bool add(const libargo::address& peer, std::size_t bytes);
    /// One that was added is sent or lost.
    void remove(const libargo::address& peer, std::size_t bytes);

    [[nodiscard]] std::size_t waiting(const libargo::address& peer) const;
    [[nodiscard]] std::size_t waiting() const { return messages_; }

private:
    /// A message costs this much beside its payload.
    static constexpr std::size_t overhead = 256;

    struct share {
        std::size_t messages = 0;
        std::size_t bytes = 0;
    };

    std::unordered_map<libargo::address, share> peers_; // those for whom something waits
    std::size_t messages_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace argoctl
