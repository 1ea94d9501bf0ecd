// SPDX-License-Identifier: MIT
#include <libargo/vsock/error.hpp>

#include <array>
#include <cerrno>

namespace libargo::vsock {
namespace {

struct hint {
    int err;
    std::string_view text;
};

// As docs/errors.md has it.
constexpr std::array hints{
    hint{EACCES, "use a port from 1024 up or grant CAP_NET_BIND_SERVICE; a connect: change the hypervisor's policy"},
    hint{EADDRINUSE, "use another port"},
    hint{EADDRNOTAVAIL, "bind to any CID, or to this domain's own"},
    hint{EAFNOSUPPORT, "load the module: modprobe argo_vsock"},
    hint{ECONNREFUSED, "load the module in that domain: modprobe argo_vsock"},
    hint{ECONNRESET, "start the peer; try again"},
    hint{EHOSTUNREACH, "check the CID, which is the domain id + 2; that domain may have no Argo"},
    hint{EMSGSIZE, "send less at a time"},
    hint{ENETUNREACH, "check the CID, which is the domain id + 2"},
    hint{ENODEV, "load the module: modprobe argo_vsock"},
    hint{ENOTCONN, "connect first"},
    hint{EOPNOTSUPP, "use a stream"},
    hint{EPIPE, "connect again when the peer is back"},
    hint{ESOCKTNOSUPPORT, "use a stream"},
    hint{ETIMEDOUT, "see whether the peer's domain runs; try again"},
};

} // namespace

std::string_view advice(const error_code& ec) noexcept {
    if (ec == error::invalid_address) {
        return "write addresses as cid:port, for example 2:5000";
    }
    if (ec.category() != boost::system::system_category() && ec.category() != boost::system::generic_category()) {
        return libargo::advice(ec);
    }
    for (const auto& [err, text] : hints) {
        if (err == ec.value()) {
            return text;
        }
    }
    return {};
}

} // namespace libargo::vsock
