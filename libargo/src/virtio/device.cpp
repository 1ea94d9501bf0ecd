// SPDX-License-Identifier: MIT
#include <libargo/virtio/device.hpp>

#include <algorithm>

namespace libargo::virtio {

device::~device() = default;

void device::read_config(std::size_t /*offset*/, std::span<std::byte> into) const {
    std::fill(into.begin(), into.end(), std::byte{0});
}

bool device::write_config(std::size_t /*offset*/, std::span<const std::byte> /*from*/) { return false; }

void device::linked(const link_limits& /*limits*/) {}

void device::start(std::uint64_t /*features*/) {}

void device::reset() {}

void device::config_changed() {
    const std::lock_guard lock(mutex_);
    if (on_config_change_) {
        on_config_change_();
    }
}

} // namespace libargo::virtio
