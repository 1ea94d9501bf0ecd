// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/basic_seq_packet_socket.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_socket_iostream.hpp>
#include <boost/asio/basic_stream_socket.hpp>

#include <libargo/vsock/endpoint.hpp>

namespace libargo::vsock {

namespace detail {

/// Asio's requirements of a protocol: the arguments of socket(2).
template <int Type> struct basic_protocol {
    [[nodiscard]] constexpr int family() const noexcept { return AF_VSOCK; }
    [[nodiscard]] constexpr int type() const noexcept { return Type; }
    [[nodiscard]] constexpr int protocol() const noexcept { return 0; }

    friend constexpr bool operator==(const basic_protocol&, const basic_protocol&) noexcept = default;
};

} // namespace detail

/// Connections that carry bytes in order, as TCP's do. `async_read`, `asio::ssl::stream`, Beast and everything else for
/// Asio's streams works over them.
///
/// The sockets are Asio's own; Asio's documentation has their completion, cancellation and thread safety. Only the
/// errors of a connect differ: <libargo/vsock/error.hpp> explains them, and a connect without an answer ends with
/// `errc::timed_out` after the time of the option `connect_timeout`, which is two seconds at first.
class stream_protocol : public detail::basic_protocol<SOCK_STREAM> {
public:
    /// The address to which a socket is bound or connected.
    using endpoint = basic_endpoint<stream_protocol>;
    /// One end of a connection.
    using socket = boost::asio::basic_stream_socket<stream_protocol>;
    /// A socket that waits for connections.
    using acceptor = boost::asio::basic_socket_acceptor<stream_protocol>;
    /// A connection as a standard stream.
    using iostream = boost::asio::basic_socket_iostream<stream_protocol>;
};

/// Connections that carry messages, in order and with their boundaries.
///
/// A message that is longer than the buffers of the receive loses its end, and the receive's `out_flags` have
/// MSG_TRUNC. After the peer has closed the connection a receive completes with no bytes and no error; the receive of a
/// stream completes with `asio::error::eof`.
///
/// Some transports and kernels do not have this socket type: a connect then fails with ESOCKTNOSUPPORT, for which Boost
/// has no name.
class seqpacket : public detail::basic_protocol<SOCK_SEQPACKET> {
public:
    /// The address to which a socket is bound or connected.
    using endpoint = basic_endpoint<seqpacket>;
    /// One end of a connection.
    using socket = boost::asio::basic_seq_packet_socket<seqpacket>;
    /// A socket that waits for connections.
    using acceptor = boost::asio::basic_socket_acceptor<seqpacket>;
};

/// Single messages without a connection, each with the address of its destination or sender.
///
/// A message that is longer than the buffers of the receive loses its end. Only recvmsg(2) on the `native_handle()`
/// reports the loss, by MSG_TRUNC.
///
/// Some transports do not have this socket type: opening the socket then fails with `errc::no_such_device`, or sending
/// with `errc::operation_not_supported`.
class datagram_protocol : public detail::basic_protocol<SOCK_DGRAM> {
public:
    /// The address to which a socket is bound, to which it sends, or from which it receives.
    using endpoint = basic_endpoint<datagram_protocol>;
    /// A socket for messages.
    using socket = boost::asio::basic_datagram_socket<datagram_protocol>;
};

} // namespace libargo::vsock
