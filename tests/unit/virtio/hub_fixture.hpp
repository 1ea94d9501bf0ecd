// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "driver_side.hpp"

namespace libargo::virtio::test {

/// A device number 1 of domain 3 at port 300, and its driver side.
class hub_test : public ::testing::Test {
protected:
    static constexpr port_t port = 300;

    hub_test() {
        hub.set_port(port, 16384);
        hub.add(driver_side::domid, 1, port, device);
        driver.pump(); // it was told that there are devices
        driver.events.clear();
        driver.event_payloads.clear();
    }

    std::vector<std::string> lines;
    std::shared_ptr<kept_device> device = std::make_shared<kept_device>();
    detail::hub hub{
        {.instance = {std::byte{1}}, .log = [this](severity, std::string_view line) { lines.emplace_back(line); }}};
    driver_side driver{hub, port};
    driver_side bus{hub, ARGO_PORT_VIRTIO_BUS};
};

} // namespace libargo::virtio::test
