// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace libargo::virtio {

/// Counters of a server since it began.
struct statistics {
    std::uint64_t messages_received = 0;
    std::uint64_t messages_sent = 0;
    std::uint64_t requests = 0; ///< handed to devices
    std::uint64_t answers = 0;  ///< sent, those of failed requests too
    std::uint64_t failed = 0;   ///< requests that devices failed, or that were larger than HELLO allows

    std::uint64_t foreign = 0;    ///< dropped: from a port that is no driver side's, of an unknown type, cut short
    std::uint64_t senseless = 0;  ///< dropped: control messages that make no sense
    std::uint64_t strangers = 0;  ///< dropped: of domains that have not said HELLO
    std::uint64_t not_set_up = 0; ///< dropped: records for a device or a queue that is not set up, or waits for a reset
    std::uint64_t breaches = 0;   ///< records after which a device needs a reset
    std::uint64_t overrun = 0;    ///< dropped: requests without room of which a device had a whole queue already
    std::uint64_t unread = 0;     ///< dropped: responses to a domain that asks and does not read
    std::uint64_t stale = 0;      ///< answers that came after a reset
};

} // namespace libargo::virtio
