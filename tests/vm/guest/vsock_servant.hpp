// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/vsock/address.hpp>

namespace guest {

/// Offers all of `service`, says "ready", and does not return. Throws where a port cannot be had.
void serve_vsock(libargo::vsock::port_t base);

} // namespace guest
