// SPDX-License-Identifier: MIT
#include "proto/backlog.hpp"

namespace argoctl {

bool backlog::add(const libargo::address& peer, std::size_t bytes) {
    const auto found = peers_.find(peer);
    if (bytes_ + bytes + overhead > total_bytes) {
        return false;
    }
    if (found != peers_.end() &&
        (found->second.messages >= peer_messages || found->second.bytes + bytes > peer_bytes)) {
        return false;
    }
    auto& mine = peers_[peer];
    ++mine.messages;
    mine.bytes += bytes;
    ++messages_;
    bytes_ += bytes + overhead;
    return true;
}

void backlog::remove(const libargo::address& peer, std::size_t bytes) {
    const auto found = peers_.find(peer);
    if (found == peers_.end()) {
        return;
    }
    found->second.bytes -= bytes;
    --messages_;
    bytes_ -= bytes + overhead;
    if (--found->second.messages == 0) {
        peers_.erase(found);
    }
}

std::size_t backlog::waiting(const libargo::address& peer) const {
    const auto found = peers_.find(peer);
    return found == peers_.end() ? 0 : found->second.messages;
}

} // namespace argoctl
