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

/// What Asio's sockets ask of a protocol: the arguments of socket(2).
template <int Type> struct basic_protocol {
    [[nodiscard]] constexpr int family() const noexcept { return AF_VSOCK; }
    [[nodiscard]] constexpr int type() const noexcept { return Type; }
    [[nodiscard]] constexpr int protocol() const noexcept { return 0; }

    friend constexpr bool operator==(const basic_protocol&, const basic_protocol&) noexcept = default;
};

} // namespace detail

/// Connections that carry bytes in order, as TCP's do. What works with Asio's streams works over these: `async_read`,
/// `asio::ssl::stream`, Beast.
///
/// The sockets are Asio's own; its documentation says how they complete, are cancelled, and which threads may use them.
/// What differs is when a connection cannot be made: the errors are those of <libargo/vsock/error.hpp>, and without an
/// answer the attempt ends with `errc::timed_out` after the time of the option `connect_timeout`, two seconds at first.
class stream_protocol : public detail::basic_protocol<SOCK_STREAM> {
public:
    /// Where a socket is bound or connected to.
    using endpoint = basic_endpoint<stream_protocol>;
    /// One end of a connection.
    using socket = boost::asio::basic_stream_socket<stream_protocol>;
    /// What waits for connections.
    using acceptor = boost::asio::basic_socket_acceptor<stream_protocol>;
    /// A connection as a standard stream.
    using iostream = boost::asio::basic_socket_iostream<stream_protocol>;
};

/// Connections that carry messages, in order and with their boundaries.
///
/// A message that is longer than the buffers of the receive loses its end, and the receive's `out_flags` have
/// MSG_TRUNC. When the peer has closed the connection a receive completes with no bytes and no error, where a stream's
/// has `asio::error::eof`.
///
/// Not every transport and kernel has it: connecting then fails with ESOCKTNOSUPPORT, for which Boost has no name.
class seqpacket : public detail::basic_protocol<SOCK_SEQPACKET> {
public:
    /// Where a socket is bound or connected to.
    using endpoint = basic_endpoint<seqpacket>;
    /// One end of a connection.
    using socket = boost::asio::basic_seq_packet_socket<seqpacket>;
    /// What waits for connections.
    using acceptor = boost::asio::basic_socket_acceptor<seqpacket>;
};

/// Single messages without a connection, each to an address and from one.
///
/// A message that is longer than the buffers of the receive loses its end; that it did only recvmsg(2) on the
/// `native_handle()` tells, by MSG_TRUNC.
///
/// Not every transport has it: opening the socket then fails with `errc::no_such_device`, or sending with
/// `errc::operation_not_supported`.
class datagram_protocol : public detail::basic_protocol<SOCK_DGRAM> {
public:
    /// Where a socket is bound, sends to and receives from.
    using endpoint = basic_endpoint<datagram_protocol>;
    /// A socket for messages.
    using socket = boost::asio::basic_datagram_socket<datagram_protocol>;
};

} // namespace libargo::vsock
