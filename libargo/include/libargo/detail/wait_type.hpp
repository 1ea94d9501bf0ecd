// SPDX-License-Identifier: MIT
#pragma once

namespace libargo::detail {

/// The events of a descriptor, as Asio's `descriptor_base::wait_type` numbers them.
enum class wait_type {
    wait_read,  ///< a message or an error can be received
    wait_write, ///< the driver's watch has the space that it waits for
    wait_error  ///< an error is pending, or the watched ring has gone
};

} // namespace libargo::detail
