// SPDX-License-Identifier: MIT
#include "commands/commands.hpp"

#include <array>

namespace argoctl {

std::span<const command> commands() {
    static constexpr std::array table{
        command{"info", "Show the driver, the hypervisor, this domain and the limits", define_info},
        command{"rings", "List the rings of this domain with owners and counters", define_rings},
        command{"ping", "Measure round trips to an 'argo-ctl echo'", define_ping},
        command{"echo", "Send every message back to where it came from", define_echo},
        command{"send", "Send a file or standard input to an 'argo-ctl recv'", define_send},
        command{"recv", "Receive one file from an 'argo-ctl send'", define_recv},
        command{"bench", "Measure latency and throughput against a 'bench --serve'", define_bench},
        command{"firewall", "Show, load and test the rules about who may talk to whom", define_firewall},
        command{"cable", "Plug, unplug and list cables between ports, in domain 0", define_cable},
    };
    return table;
}

} // namespace argoctl
