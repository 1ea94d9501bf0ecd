// SPDX-License-Identifier: MIT
#include <libargo/detail/error_text.hpp>

#include <array>
#include <cerrno>

namespace libargo::vsock::detail {
namespace {

struct hint {
    int err;
    std::string_view text;
};

// The second table of docs/errors.md has the same texts; tests/unit/libargo/errors_doc_test.cpp compares them.
constexpr std::array hints{
    hint{EACCES, "use a port from 1024 up, grant CAP_NET_BIND_SERVICE, or change the rules (argo-ctl firewall) or the "
                 "hypervisor's policy"},
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

std::string_view advice_of_errno(int err) noexcept {
    for (const auto& each : hints) {
        if (each.err == err) {
            return each.text;
        }
    }
    return {};
}

} // namespace libargo::vsock::detail
