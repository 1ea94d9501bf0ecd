// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/address.hpp>

#include <cstddef>
#include <unordered_map>

namespace argoctl {

/// Counts the replies that wait, for each peer and in all, and limits them.
class backlog {
public:
    static constexpr std::size_t peer_messages = 256;
    static constexpr std::size_t peer_bytes = std::size_t{1} << 20;
    static constexpr std::size_t total_bytes = std::size_t{64} << 20;

    /// Counts one more reply, unless the peer's share or the whole is used up. The first reply to a peer may have any
    /// size within the whole.
    /// @returns false if the reply must not wait
    [[nodiscard]] bool add(const libargo::address& peer, std::size_t bytes);
    /// Counts a reply that was added and is sent or lost now.
    void remove(const libargo::address& peer, std::size_t bytes);

    [[nodiscard]] std::size_t waiting(const libargo::address& peer) const;
    [[nodiscard]] std::size_t waiting() const { return messages_; }

private:
    /// Memory for a message beside its payload, in bytes.
    static constexpr std::size_t overhead = 256;

    struct share {
        std::size_t messages = 0;
        std::size_t bytes = 0;
    };

    std::unordered_map<libargo::address, share> peers_; // peers with a reply that waits
    std::size_t messages_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace argoctl
