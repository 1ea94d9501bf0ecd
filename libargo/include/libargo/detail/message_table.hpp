// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <libargo/address.hpp>
#include <libargo/detail/iovec_list.hpp>
#include <libargo/message.hpp>

namespace libargo::detail {

/// The messages of a batch in the driver's form.
class __attribute__((visibility("default"))) message_table {
public:
    void add(const iovec_list& payload, const address& addr, message_type type);
    void reserve(std::size_t messages);
    /// The messages from @p first on. They point into this table.
    [[nodiscard]] std::span<argo_msg> from(std::size_t first) noexcept;
    /// The address of one message.
    [[nodiscard]] address destination(std::size_t index) const noexcept;
    /// The payload bytes of one message.
    [[nodiscard]] std::size_t bytes(std::size_t index) const noexcept { return bytes_[index]; }

private:
    std::vector<argo_msg> messages_;
    std::vector<argo_iovec> vectors_;
    std::vector<std::size_t> bytes_;
    bool placed_ = false;
};

} // namespace libargo::detail
