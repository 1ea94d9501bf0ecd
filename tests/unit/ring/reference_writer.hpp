// SPDX-License-Identifier: MIT
#pragma once

#include "message.hpp"
#include "ring_memory.hpp"

namespace argo_test {

enum class send_result {
    sent,
    again,     ///< no room now
    too_large, ///< no room ever
};

/// Puts messages into a ring by the hypervisor's rules (argo-abi.md), one thread at a time.
class reference_writer {
public:
    /// @param start the index at which both sides begin, in bytes
    explicit reference_writer(const ring_memory& ring, u32 start = 0);

    send_result send(const message& msg);

    /// Writes a header with any length field, as no hypervisor would, and moves the index by @p advance bytes.
    void forge(u32 msg_len, u32 advance);

    [[nodiscard]] u32 tx() const { return tx_; }

private:
    void write_header(u32 msg_len, const message& msg);
    void put(const void* from, u32 n);
    void publish();

    const ring_memory& ring_;
    u32 tx_;
};

} // namespace argo_test
