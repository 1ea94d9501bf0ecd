// SPDX-License-Identifier: MIT
#pragma once

#include "endpoint.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace guest {

/// What a sender's messages look like. Both sides know it, so that the receiver can check every byte.
struct traffic {
    std::uint64_t seed = 1;
    std::uint32_t min_size = 0;
    std::uint32_t max_size = 0;
};

/// A message number goes into its type, so that even an empty one can be told from its neighbours.
std::uint32_t size_of_message(const traffic& what, const argo_addr& source, std::uint32_t sequence);
void fill_message(const traffic& what, const argo_addr& source, std::uint32_t sequence, view data);
bytes make_message(const traffic& what, const argo_addr& source, std::uint32_t sequence);

/// Checks messages of any number of senders: each sender's must come in order, complete and unchanged.
class verifier {
public:
    explicit verifier(const traffic& what) : traffic_{what} {}

    /// False from the first message that is not as it must be on; error() says which.
    bool check(const argo_addr& source, std::uint32_t type, std::uint32_t len, const_view data);
    /// From now on messages may be missing, as after a restore, but never repeated or out of order.
    void allow_gaps() { gaps_allowed_ = true; }

    [[nodiscard]] std::uint64_t messages() const { return messages_; }
    [[nodiscard]] std::uint64_t total_bytes() const { return bytes_; }
    [[nodiscard]] std::size_t senders() const { return next_.size(); }
    [[nodiscard]] const std::string& error() const { return error_; }
    [[nodiscard]] std::uint32_t next_of(const argo_addr& source) const;

private:
    traffic traffic_;
    std::map<std::pair<std::uint16_t, std::uint32_t>, std::uint32_t> next_;
    std::uint64_t messages_ = 0;
    std::uint64_t bytes_ = 0;
    bool gaps_allowed_ = false;
    std::string error_;
};

} // namespace guest
