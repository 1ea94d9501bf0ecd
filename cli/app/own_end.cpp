// SPDX-License-Identifier: MIT
#include "app/own_end.hpp"

#include "app/options.hpp"

namespace argoctl {

void own_end::add_options(CLI::App& app) {
    options::port(app, "-p,--port", port, "Send from this port; for 'cable': the one that it is plugged into");
    options::domid(app, "--partner", partner, "The only domain that may send to that port (default: ADDRESS's)");
}

void own_end::check(const libargo::address& peer) const {
    if (peer == libargo::cable_end && port == libargo::port_any) {
        options::reject("ADDRESS", "name the port that the cable is plugged into with --port");
    }
}

libargo::bind_options own_end::toward(const libargo::address& peer) const {
    const bool known = partner != libargo::domid_t::any || peer == libargo::cable_end;
    return {.port = port, .partner = known ? partner : peer.domid};
}

} // namespace argoctl
