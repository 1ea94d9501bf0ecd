// SPDX-License-Identifier: MIT
#pragma once

#include "virtiod/image.hpp"

#include <libargo/virtio/device.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

namespace argovirtiod {

/// Runs a function in a thread that may block, later. May be called from any thread.
using run_function = std::function<void(std::function<void()>)>;

/// A disk.
class block_device final : public libargo::virtio::device, public std::enable_shared_from_this<block_device> {
public:
    struct options {
        std::string serial; ///< at most 20 bytes
    };

    block_device(std::shared_ptr<const image> storage, options chosen, run_function run);

    [[nodiscard]] libargo::virtio::device_description describe() const override;
    void read_config(std::size_t offset, std::span<std::byte> into) const override;
    void linked(const libargo::virtio::link_limits& limits) override;
    void handle(libargo::virtio::request what) override;

    /// Looks for a new size of the image. The driver is told. @returns whether it has changed
    bool resize();
    /// Bytes of the disk.
    [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }

private:
    /// Ends a read of what is in memory: two changes of threads would take longer than the rest.
    [[nodiscard]] bool read_at_once(libargo::virtio::request& what) const;
    static void end(libargo::virtio::request& what, std::uint8_t status);
    [[nodiscard]] std::uint8_t serve(libargo::virtio::request& what) const;
    [[nodiscard]] std::uint8_t read(libargo::virtio::request& what, std::uint64_t sector) const;
    [[nodiscard]] std::uint8_t write(std::span<const std::byte> data, std::uint64_t sector) const;
    [[nodiscard]] std::uint8_t discard_or_zero(std::span<const std::byte> data, bool zero) const;
    [[nodiscard]] std::uint8_t name_itself(libargo::virtio::request& what) const;
    [[nodiscard]] bool holds(std::uint64_t sector, std::uint64_t size) const noexcept;

    std::shared_ptr<const image> storage_;
    options options_;
    run_function run_;
    std::atomic<std::uint64_t> capacity_;
    std::size_t data_limit_; // bytes of data in a request that fits the messages of both sides
};

} // namespace argovirtiod
