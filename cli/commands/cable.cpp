// SPDX-License-Identifier: MIT
#include "app/device.hpp"
#include "app/errors.hpp"
#include "app/options.hpp"
#include "commands/commands.hpp"
#include "output/cables_view.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace argoctl {

namespace {

struct cable_options {
    libargo::cable cable;
    bool as_json = false;
};

/// The address is that of a port, which the end of a cable is not.
void check(const libargo::address& end) {
    if (end == libargo::cable_end) {
        options::reject("ADDRESS", "an end of a cable is DOMID:PORT, as in 3:42");
    }
}

exit_code add(const globals& common, const cable_options& options) {
    boost::asio::io_context context;
    boost::system::error_code ec;
    open_socket(context, common).add_cable(options.cable, ec);
    if (ec) {
        throw failure(operation::cable_add, to_string(options.cable), ec);
    }
    return exit_code::ok;
}

exit_code remove(const globals& common, const cable_options& options) {
    boost::asio::io_context context;
    boost::system::error_code ec;
    open_socket(context, common).remove_cable(options.cable.source, ec);
    if (ec) {
        throw failure(operation::cable_remove, to_string(options.cable.source), ec);
    }
    return exit_code::ok;
}

exit_code list(const globals& common, const cable_options& options) {
    boost::asio::io_context context;
    boost::system::error_code ec;
    auto cables = open_socket(context, common).list_cables(ec);
    if (ec) {
        throw failure(operation::cable_list, common.device, ec);
    }
    std::ranges::sort(cables, {}, [](const libargo::cable& each) {
        return std::pair(to_number(each.source.domid), each.source.port);
    });
    fmt::print("{}",
               options.as_json ? output::to_line(output::cables_json(cables)) + '\n' : output::cables_text(cables));
    return exit_code::ok;
}

} // namespace

runner define_cable(CLI::App& app) {
    const auto options = std::make_shared<cable_options>();
    const auto work = std::make_shared<exit_code (*)(const globals&, const cable_options&)>(nullptr);

    auto* const adding = app.add_subcommand("add", "Plug a cable into the port SRC, so that it leads to the port DST");
    options::address(*adding, "SRC", options->cable.source, "The port that sends")->required();
    options::address(*adding, "DST", options->cable.destination,
                     "The port that receives; 'parent:PORT' is the "
                     "hypervisor below")
        ->required();
    adding->callback([options, work] {
        check(options->cable.source);
        check(options->cable.destination);
        *work = add;
    });

    auto* const removing = app.add_subcommand("remove", "Unplug the cable of the port SRC");
    options::address(*removing, "SRC", options->cable.source, "The port that it is plugged into")->required();
    removing->callback([options, work] {
        check(options->cable.source);
        *work = remove;
    });

    auto* const listing = app.add_subcommand("list", "List the cables of all domains");
    listing->add_flag("--json", options->as_json, "Print a JSON document");
    listing->callback([work] { *work = list; });

    app.require_subcommand(1);
    app.footer(R"(A program in the domain of SRC binds that port and sends to the address 'cable'. A cable ends with
either of its domains. These commands are for root of domain 0, on a Xen that has cables, or on
argo_loopback.

Examples:
  argo-ctl cable add 3:42 0:7000             domain 3 reaches port 7000 of domain 0
  argo-ctl cable list
  argo-ctl cable remove 3:42
  argo-ctl ping cable --port 42              in domain 3)");
    return [options, work](const globals& common) { return (*work)(common, *options); };
}

} // namespace argoctl
