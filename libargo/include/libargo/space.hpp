// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace libargo {

/// The state of a destination's ring, with respect to a message of n bytes.
struct space_state {
    bool exists = false;         ///< the destination has a ring
    bool shared = false;         ///< other domains may send to the ring, too
    bool empty = false;          ///< the receiver has consumed all messages
    bool sufficient = false;     ///< n bytes fit now
    bool too_large = false;      ///< n bytes can never fit
    std::size_t max_message = 0; ///< largest payload that the ring takes, in bytes; 0 if there is no ring
};

/// As text: "exists shared sufficient, messages up to 65488 bytes".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const space_state& state);

} // namespace libargo
