// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <libargo/address.hpp>
#include <libargo/bind.hpp>

namespace argoctl {

/// The port that a command sends from. For a cable it is the one that the cable is plugged into.
struct own_end {
    libargo::port_t port = libargo::port_any;
    libargo::domid_t partner = libargo::domid_t::any;

    /// Adds the options --port and --partner. This object must live until the command line has been parsed.
    void add_options(CLI::App& app);
    /// Throws a usage error if the port of a cable is missing.
    void check(const libargo::address& peer) const;
    /// What to bind in order to talk to @p peer: for its domain alone, if it is known.
    [[nodiscard]] libargo::bind_options toward(const libargo::address& peer) const;
};

} // namespace argoctl
