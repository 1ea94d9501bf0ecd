// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/virtio/device.hpp>

namespace argovirtiod {

/// Random numbers of this domain's kernel.
class entropy_device final : public libargo::virtio::device {
public:
    [[nodiscard]] libargo::virtio::device_description describe() const override;
    void handle(libargo::virtio::request what) override;
};

} // namespace argovirtiod
