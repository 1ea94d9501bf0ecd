// SPDX-License-Identifier: MIT
#include "app/run.hpp"

#include "app/command.hpp"
#include "app/errors.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <exception>
#include <map>
#include <new>

namespace argoctl {

namespace {

constexpr const char* overview = R"(Sends, receives and measures messages between Xen domains (Argo), through /dev/argo.
An address is DOMID:PORT, as in 3:5000; 'self' is this domain.)";

constexpr const char* epilogue = R"(Examples:
  argo-ctl info
  argo-ctl echo --port 5000                in one domain, say 3,
  argo-ctl ping 3:5000                     and this in another
  argo-ctl recv --port 5001 -o backup.img
  argo-ctl send backup.img 3:5001 --checksum

Environment:
  ARGO_DEVICE   the device, if --device is not given

Exit codes:
  0    success
  1    the operation failed, or something was lost
  2    wrong usage
  3    no driver or device, or the driver or hypervisor cannot do it
  4    the peer refused, cannot be reached, or has gone
  5    no permission to use the device
  6    no Argo: this is no Xen domain, or Xen offers it none
  130  interrupted before it was done

'argo-ctl COMMAND --help' has examples of each command.)";

constexpr const char* common_options = R"(

'argo-ctl --help' has the options of all commands (--device, --verbose) and the exit codes.)";

int usage_error(std::string text, const CLI::App& app) {
    const auto used = app.get_subcommands();
    std::string help = "argo-ctl";
    if (!used.empty()) {
        help += " " + used.front()->get_name();
    } else if (const auto rest = app.remaining(); !rest.empty() && !rest.front().starts_with('-')) {
        text = fmt::format("there is no command '{}'", rest.front());
    }
    complain(fmt::format("{}; see '{} --help'", text, help));
    return static_cast<int>(exit_code::usage);
}

int guarded(const runner& work, const globals& common) {
    try {
        return static_cast<int>(work(common));
    } catch (const failure& e) {
        complain(e.what());
        return static_cast<int>(e.code());
    } catch (const std::bad_alloc&) {
        complain("out of memory");
    } catch (const std::exception& e) {
        complain(e.what());
    }
    return static_cast<int>(exit_code::failed);
}

} // namespace

int run(int argc, const char* const* argv) {
    globals common;
    CLI::App app(overview, "argo-ctl");
    app.footer(epilogue);
    app.set_version_flag("--version", "argo-ctl " ARGO_CTL_VERSION);
    app.add_option("--device", common.device, fmt::format("Device of the driver (default {})", libargo::default_device))
        ->type_name("PATH")
        ->envname("ARGO_DEVICE");
    app.add_flag("-v,--verbose", common.verbose, "Print more on standard error");
    app.require_subcommand(1);

    std::map<const CLI::App*, runner> runners;
    try {
        for (const auto& entry : commands()) {
            CLI::App* const part = app.add_subcommand(entry.name, entry.summary);
            part->fallthrough(); // --device may stand behind the command, too
            runners[part] = entry.define(*part);
            part->footer(part->get_footer() + common_options);
        }
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        // CLI11 reports --help and --version here, too.
        if (e.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
            return app.exit(e);
        }
        return usage_error(e.what(), app);
    } catch (const failure& e) {
        return usage_error(e.what(), app);
    }
    return guarded(runners.at(app.get_subcommands().front()), common);
}

} // namespace argoctl
