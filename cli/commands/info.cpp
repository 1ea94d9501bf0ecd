// SPDX-License-Identifier: MIT
#include "app/device.hpp"
#include "app/errors.hpp"
#include "commands/commands.hpp"
#include "output/info_view.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

namespace argoctl {

namespace {

exit_code show_info(const globals& common, bool as_json) {
    boost::asio::io_context context;
    const auto socket = open_socket(context, common);
    boost::system::error_code ec;
    const auto info = socket.info(ec);
    if (ec) {
        throw failure(operation::info, common.device, ec);
    }
    if (as_json) {
        fmt::print("{}\n", output::to_line(output::info_json(info)));
    } else {
        fmt::print("{}", output::info_text(info));
    }
    return exit_code::ok;
}

} // namespace

runner define_info(CLI::App& app) {
    const auto as_json = std::make_shared<bool>(false);
    app.add_flag("--json", *as_json, "Print one JSON document");
    app.footer(R"(Examples:
  argo-ctl info
  argo-ctl info --json | jq .domid)");
    return [as_json](const globals& common) { return show_info(common, *as_json); };
}

} // namespace argoctl
