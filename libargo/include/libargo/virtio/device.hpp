// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include <libargo/virtio/request.hpp>

namespace libargo::virtio {

/// The description of a device, as its drivers find it.
struct device_description {
    std::uint32_t id = 0;                          ///< the VirtIO device id, as in <linux/virtio_ids.h>
    std::uint32_t vendor = 0;                      ///< the id of a vendor, which no driver of Linux looks at
    std::uint64_t features = 0;                    ///< the feature bits that it offers; bits 28 to 41 are the library's
    std::size_t config_size = 0;                   ///< bytes of config space
    std::vector<std::uint16_t> queue_sizes{};      ///< the largest size of each virtqueue, in chains
    std::size_t max_chain = std::size_t{1} << 16U; ///< the most bytes of a request, those to read and room together
};

/// The most that one message between the two sides takes. Requests and answers that fit one message are the fastest.
struct link_limits {
    std::size_t request = 0; ///< readable bytes of a request
    std::size_t answer = 0;  ///< bytes of an answer
};

/// A VirtIO device, which one driver domain uses: the base of your own. Hand it to a `server`.
///
/// The server calls the virtual functions from its executor, one at a time. None of them may block: whatever takes long
/// keeps the request and ends it later, from any thread.
///
/// A device whose requests are in other threads' hands keeps itself alive for them, as with `shared_from_this`: the
/// server lets go of a device that is removed.
///
/// An exception from `handle` is reported to the server's log, and its request has failed. The other functions must not
/// throw.
///
/// Nothing of what the driver sends is checked but that it is within the limits of `device_description`.
class [[gnu::visibility("default")]] device {
public:
    device() = default;
    device(const device&) = delete;
    device& operator=(const device&) = delete;
    virtual ~device();

    /// The device's description. Only the values at the time when it is added to a server count.
    [[nodiscard]] virtual device_description describe() const = 0;

    /// Reads the config space. @p offset and @p into lie within it.
    virtual void read_config(std::size_t offset, std::span<std::byte> into) const;
    /// The driver writes the config space. @p offset and @p from lie within it.
    /// @returns whether the device accepts that
    virtual bool write_config(std::size_t offset, std::span<const std::byte> from);

    /// A driver side has said HELLO. The config space may depend on what fits a message; the driver has not read it
    /// yet.
    virtual void linked(const link_limits& limits);
    /// The driver has accepted features: some of those that are offered, and of the library's. Requests follow.
    virtual void start(std::uint64_t features);
    /// A request. Those of one queue come in the order in which the driver made them.
    virtual void handle(request what) = 0;
    /// The device is as new: it was reset, or its driver is gone. Requests that have not ended need not be done any
    /// more, and end soon: the driver is told of its reset when all of them have.
    virtual void reset();

protected:
    /// Tells the driver that the config space has changed. Safe from any thread.
    void config_changed();

private:
    friend class device_access;

    std::mutex mutex_;
    std::function<void()> on_config_change_;
};

} // namespace libargo::virtio
