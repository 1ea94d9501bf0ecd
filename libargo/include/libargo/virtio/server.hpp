// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <libargo/address.hpp>
#include <libargo/socket.hpp>
#include <libargo/virtio/detail/server_core.hpp>
#include <libargo/virtio/device.hpp>
#include <libargo/virtio/log.hpp>
#include <libargo/virtio/server_options.hpp>
#include <libargo/virtio/statistics.hpp>

namespace libargo::virtio {

/// The port of devices of a VirtIO device id, where no other is chosen.
[[nodiscard]] constexpr port_t default_port(std::uint32_t device_id) noexcept {
    return ARGO_PORT_VIRTIO_DEVICE + device_id;
}

/// Gives devices to other domains: the device side of docs/virtio-argo.md, on Asio.
///
/// @code
/// boost::asio::io_context context(1);
/// libargo::virtio::server server(context.get_executor());
/// server.open();
/// server.add(libargo::domid_t{3}, 1, std::make_shared<my_device>());
/// context.run();
/// @endcode
///
/// A domain has a ring of its own at each port of its devices, as long as there are rings; else it shares one, which
/// any domain may send to. A domain whose ring is full delays no other.
///
/// **Errors** of a domain are written to the log, and end nothing but what concerns the domain. `open` and `add` throw.
///
/// **Thread safety.** Unsafe, and all calls come from the executor, which runs one handler at a time: that of a context
/// with one thread, or a strand. Devices may end requests in any thread.
class server {
public:
    /// @param executor the executor of everything, see above
    explicit server(boost::asio::any_io_executor executor, server_options options = {})
        : core_(std::make_shared<detail::server_core>(std::move(executor), std::move(options))) {}
    server(server&&) = default;
    server& operator=(server&&) = default;
    /// As `close`.
    // NOLINTNEXTLINE(bugprone-exception-escape): closing allocates to post handlers
    ~server() {
        if (core_ != nullptr) {
            core_->close();
        }
    }

    /// Binds the port of the bus.
    /// @throws boost::system::system_error as `socket::open` and `socket::bind`: `errc::permission_denied` (the port
    /// needs CAP_NET_BIND_SERVICE), `errc::address_in_use` (another server runs), `error::no_device`
    void open() { core_->open(); }

    /// Gives a domain a device, whose driver side is told.
    ///
    /// @param domid the domain
    /// @param number the device's number in that domain, 1 to 255; it is the same whenever the server starts again
    /// @param what the device, which no other domain has
    /// @param port the port, or `port_any` for that of its kind. A policy tells devices apart by their ports
    /// @throws std::invalid_argument the number is out of range, or the domain has a device of that number
    /// @throws boost::system::system_error as `open`
    void add(domid_t domid, std::uint16_t number, std::shared_ptr<device> what, port_t port = port_any) {
        const port_t chosen = port == port_any ? default_port(what->describe().id) : port;
        core_->add(domid, number, chosen, std::move(what));
    }

    /// Takes a device away, whose driver side is told. Requests that it has may end later.
    /// @returns whether there was one
    bool remove(domid_t domid, std::uint16_t number) { return core_->remove(domid, number); }

    /// Ends all. Requests that end later have no effect.
    void close() { core_->close(); }

    /// The counters of the server so far.
    [[nodiscard]] statistics counters() const { return core_->counters(); }

private:
    std::shared_ptr<detail::server_core> core_;
};

} // namespace libargo::virtio
