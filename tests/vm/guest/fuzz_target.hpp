// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"
#include "fuzz_coverage.hpp"
#include "fuzz_input.hpp"

#include <memory>
#include <vector>

namespace guest::fuzz {

/// What is fuzzed.
class target {
public:
    target() = default;
    target(const target&) = delete;
    target& operator=(const target&) = delete;
    virtual ~target() = default;

    [[nodiscard]] virtual counted what_counts() const = 0;
    [[nodiscard]] virtual operations known() const = 0;
    /// After an input: waits until the kernel has dealt with it, and lets go of all that it left.
    virtual void finish() = 0;
};

/// System calls on /dev/argo and on the device --other of another virtual domain; --control and --other-control are
/// their files of commands (docs/loopback.md).
std::unique_ptr<target> make_device_target(const arguments& options);
/// Packets to argo_vsock of domain 0, and calls on sockets of the same kernel that they are for.
std::unique_ptr<target> make_vsock_target(const arguments& options);
/// Frames to the device of argo_net of domain 0.
std::unique_ptr<target> make_net_target(const arguments& options);

} // namespace guest::fuzz
