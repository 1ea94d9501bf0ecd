// SPDX-License-Identifier: MIT
#pragma once

#include "app/command.hpp"

namespace argoctl {

// One a file of this folder; see struct command.
runner define_info(CLI::App& app);
runner define_rings(CLI::App& app);
runner define_ping(CLI::App& app);
runner define_echo(CLI::App& app);
runner define_send(CLI::App& app);
runner define_recv(CLI::App& app);
runner define_bench(CLI::App& app);
runner define_firewall(CLI::App& app);
runner define_cable(CLI::App& app);

} // namespace argoctl
