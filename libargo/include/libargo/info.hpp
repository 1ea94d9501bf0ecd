// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <libargo/address.hpp>

namespace libargo {

/// What is there: the driver, the hypervisor, its limits.
struct device_info {
    std::uint32_t abi_version = 0;     ///< of the driver
    domid_t domid = domid_t::self;     ///< the own domain's id; changes with a restore
    std::string hypervisor;            ///< its name ("xen")
    std::size_t max_message = 0;       ///< largest payload that any ring can take, in bytes
    std::size_t min_ring_size = 0;     ///< smallest ring, in bytes
    std::size_t max_ring_size = 0;     ///< largest ring, in bytes
    std::size_t default_ring_size = 0; ///< what a bind gives that asks for 0, in bytes
    std::size_t max_rings = 0;         ///< rings that the hypervisor allows this domain
    std::size_t rings = 0;             ///< rings that this domain has now
    std::size_t max_buffers = 0;       ///< buffers in one message
    std::size_t max_batch = 0;         ///< messages in one call to the kernel
};

/// As text: "xen, domain 3, ABI 1, 2 of 128 rings, messages up to 65488 bytes".
[[nodiscard]] std::string to_string(const device_info& info);

} // namespace libargo
