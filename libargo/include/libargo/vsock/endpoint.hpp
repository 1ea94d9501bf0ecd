// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>

#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <linux/vm_sockets.h>

#include <libargo/vsock/address.hpp>

namespace libargo::vsock {

/// An address in the form that Asio's sockets take and return: a sockaddr_vm with its protocol.
/// `stream_protocol::endpoint` is one. An `address` converts to it: `socket.connect(parse_address("2:5000"))`.
///
/// Compared, ordered and hashed as its `address()`.
template <class Protocol> class basic_endpoint {
public:
    /// The protocol of the endpoint.
    using protocol_type = Protocol;
    /// The type that the system calls take.
    using data_type = sockaddr;

    /// Any port on any CID, for a bind.
    basic_endpoint() noexcept : basic_endpoint(vsock::address{}) {}
    /// An endpoint at an address.
    basic_endpoint(const vsock::address& addr) noexcept : basic_endpoint(addr.cid, addr.port) {}
    /// An endpoint at a port of a CID.
    basic_endpoint(cid_t cid, port_t port) noexcept {
        data_.svm_family = AF_VSOCK;
        data_.svm_cid = cid;
        data_.svm_port = port;
    }

    /// The protocol of the endpoint.
    [[nodiscard]] protocol_type protocol() const noexcept { return {}; }

    /// The machine.
    [[nodiscard]] cid_t cid() const noexcept { return data_.svm_cid; }
    /// The port on that machine.
    [[nodiscard]] port_t port() const noexcept { return data_.svm_port; }
    /// Both.
    [[nodiscard]] vsock::address address() const noexcept { return {cid(), port()}; }

    /// @name Asio's requirements of an endpoint
    /// @{

    /// The sockaddr_vm.
    [[nodiscard]] data_type* data() noexcept { return reinterpret_cast<data_type*>(&data_); }
    /// The sockaddr_vm.
    [[nodiscard]] const data_type* data() const noexcept { return reinterpret_cast<const data_type*>(&data_); }
    /// Its size in bytes, which is always the same.
    [[nodiscard]] std::size_t size() const noexcept { return sizeof(data_); }
    /// Its largest size in bytes.
    [[nodiscard]] std::size_t capacity() const noexcept { return sizeof(data_); }
    /// Called with the size in bytes of the address that the kernel has written.
    /// @throws boost::system::system_error with `errc::invalid_argument` if the address is too long
    void resize(std::size_t size) {
        if (size > capacity()) {
            throw boost::system::system_error(boost::asio::error::invalid_argument);
        }
    }

    /// @}

    friend bool operator==(const basic_endpoint& one, const basic_endpoint& other) noexcept {
        return one.address() == other.address();
    }
    friend std::strong_ordering operator<=>(const basic_endpoint& one, const basic_endpoint& other) noexcept {
        return one.address() <=> other.address();
    }

private:
    sockaddr_vm data_{};
};

/// The endpoint's address as text.
template <class Protocol> [[nodiscard]] std::string to_string(const basic_endpoint<Protocol>& endpoint) {
    return to_string(endpoint.address());
}

} // namespace libargo::vsock

/// Endpoints are keys of unordered containers.
template <class Protocol> struct std::hash<libargo::vsock::basic_endpoint<Protocol>> {
    [[nodiscard]] std::size_t operator()(const libargo::vsock::basic_endpoint<Protocol>& endpoint) const noexcept {
        return std::hash<libargo::vsock::address>{}(endpoint.address());
    }
};
