// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <libargo/address.hpp>

namespace libargo {

/// The driver, the hypervisor, and their limits.
struct device_info {
    std::uint32_t abi_version = 0;     ///< of the driver
    domid_t domid = domid_t::self;     ///< the id of this domain; a restore changes it
    std::string hypervisor;            ///< its name ("xen")
    std::size_t max_message = 0;       ///< largest payload that any ring can take, in bytes
    std::size_t min_ring_size = 0;     ///< smallest ring, in bytes
    std::size_t max_ring_size = 0;     ///< largest ring, in bytes
    std::size_t default_ring_size = 0; ///< size of the ring of a bind with `ring_size` 0, in bytes
    std::size_t max_rings = 0;         ///< rings that the hypervisor allows this domain
    std::size_t rings = 0;             ///< rings that this domain has now
    std::size_t max_buffers = 0;       ///< buffers in one message
    std::size_t max_batch = 0;         ///< messages in one call to the kernel
};

/// As text: "xen, domain 3, ABI 1, 2 of 128 rings, messages up to 65488 bytes".
[[nodiscard, gnu::visibility("default")]] std::string to_string(const device_info& info);

} // namespace libargo
