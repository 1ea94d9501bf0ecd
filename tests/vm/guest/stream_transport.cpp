// SPDX-License-Identifier: MIT
#include "stream_transport.hpp"

#include "stream_socket.hpp"
#include "stream_vchan.hpp"

#include <stdexcept>

namespace guest::stream {

namespace {

[[noreturn]] void unknown(const std::string& transport) {
    throw std::invalid_argument("'" + transport + "' is no transport: tcp, vsock, vchan");
}

} // namespace

std::unique_ptr<listener> listen(const place& where) {
    if (where.transport == "tcp" || where.transport == "vsock") {
        return listen_socket(where);
    }
    if (where.transport == "vchan") {
        return listen_vchan(where);
    }
    unknown(where.transport);
}

std::unique_ptr<connection> connect(const place& where) {
    if (where.transport == "tcp" || where.transport == "vsock") {
        return connect_socket(where);
    }
    if (where.transport == "vchan") {
        return connect_vchan(where);
    }
    unknown(where.transport);
}

} // namespace guest::stream
