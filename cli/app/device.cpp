// SPDX-License-Identifier: MIT
#include "app/device.hpp"

#include "app/errors.hpp"
#include "app/missing.hpp"
#include "app/surroundings.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <algorithm>
#include <random>

namespace argoctl {

libargo::socket open_socket(boost::asio::io_context& context, const globals& common) {
    if (common.open) {
        return common.open(context);
    }
    libargo::socket socket(context);
    boost::system::error_code ec;
    socket.open(common.device, ec);
    if (ec) {
        throw not_opened(common.device, ec, look_around(common.device));
    }
    return socket;
}

libargo::bind_result bind_socket(libargo::socket& socket, const libargo::bind_options& wanted) {
    boost::system::error_code ec;
    const auto given = socket.bind(wanted, ec);
    if (ec) {
        throw failure(operation::bind, bind_name(wanted), ec);
    }
    return given;
}

std::size_t large_ring(const libargo::socket& socket, std::size_t wanted) {
    if (wanted != 0) {
        return wanted;
    }
    boost::system::error_code ec;
    const auto info = socket.info(ec);
    if (ec) {
        throw failure(operation::info, "the device", ec);
    }
    return std::min(std::size_t{1} << 20U, info.max_ring_size);
}

std::string bind_name(const libargo::bind_options& wanted) {
    std::string out = wanted.port == libargo::port_any ? "a port" : fmt::format("port {}", wanted.port);
    if (wanted.partner != libargo::domid_t::any) {
        out += fmt::format(" for domain {}", wanted.partner);
    }
    return out;
}

std::uint64_t random_number() {
    std::random_device source;
    return std::uint64_t{source()} << 32U | source();
}

} // namespace argoctl
