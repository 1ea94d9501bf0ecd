// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include <libargo/socket.hpp>
#include <libargo/virtio/log.hpp>

namespace libargo::virtio {

/// The settings of a `server`.
struct server_options {
    std::string device = default_device;           ///< path of the driver's device
    std::size_t ring_size = std::size_t{1} << 20U; ///< bytes of each ring of a device's port
    log_function log{};                            ///< takes lines of the log; called from the executor
    /// Opens a socket in the place of `device`, for tests.
    std::function<void(socket&)> open_socket{};
};

} // namespace libargo::virtio
