// SPDX-License-Identifier: MIT
#include "app/errors.hpp"
#include "commands/commands.hpp"
#include "firewall/driver.hpp"
#include "firewall/rules.hpp"
#include "output/firewall_view.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

namespace argoctl {

namespace {

struct firewall_options {
    bool as_json = false;
    std::string file;
    std::string from;
    std::string to;
    runner chosen;
};

std::string read_all(const std::string& path) {
    if (path == "-") {
        return {std::istreambuf_iterator<char>(std::cin), {}};
    }
    std::ifstream file(path);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) {
        throw failure(exit_code::failed, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    }
    return text;
}

firewall::rules read_rules(const std::string& path) {
    auto [found, mistakes] = firewall::parse(read_all(path));
    if (mistakes.empty()) {
        return std::move(found);
    }
    const std::string name = path == "-" ? "standard input" : path;
    for (const auto& mistake : mistakes) {
        complain(fmt::format("{}:{}: {}", name, mistake.line, mistake.what));
    }
    throw failure(exit_code::failed, fmt::format("{} has {} mistake{}; no rule was changed", name, mistakes.size(),
                                                 mistakes.size() == 1 ? "" : "s"));
}

std::string summary(const firewall::rules& all) {
    return fmt::format("{} rule{}; else in: {}, out: {}\n", all.list.size(), all.list.size() == 1 ? "" : "s",
                       firewall::to_text(all.defaults.at(ARGO_FIREWALL_IN)),
                       firewall::to_text(all.defaults.at(ARGO_FIREWALL_OUT)));
}

exit_code show(const globals& common, bool as_json) {
    const auto all = firewall::driver(common).get();
    fmt::print("{}", as_json ? output::to_line(output::firewall_json(all)) + '\n' : output::firewall_text(all));
    return exit_code::ok;
}

exit_code load(const globals& common, const std::string& file) {
    const auto all = read_rules(file);
    firewall::driver(common).set(all);
    if (common.verbose) {
        fmt::print(stderr, "{}", summary(all));
    }
    return exit_code::ok;
}

exit_code check(const std::string& file) {
    fmt::print("{}", summary(read_rules(file)));
    return exit_code::ok;
}

firewall::flow flow_between(const std::string& from, const std::string& to, std::uint16_t own) {
    try {
        return firewall::parse_flow(from, to, own);
    } catch (const std::invalid_argument& e) {
        throw failure(exit_code::usage, e.what());
    }
}

std::string explain(const firewall::rules& all, const firewall::flow& what, const firewall::verdict& verdict) {
    const char* const word = verdict.allowed ? "allowed" : "denied";
    if (verdict.rule && *verdict.rule < all.list.size()) {
        return fmt::format("{} by rule {}: {}", word, *verdict.rule + 1, firewall::to_text(all.list[*verdict.rule]));
    }
    return fmt::format("{} by default {} {}", word, firewall::direction_name(what.direction),
                       firewall::to_text(all.defaults.at(what.direction)));
}

exit_code test(const globals& common, const firewall_options& options) {
    const firewall::driver driver(common);
    const auto what = flow_between(options.from, options.to, driver.own_id());
    const auto verdict = driver.test(what);
    fmt::print("{}\n", explain(driver.get(), what, verdict));
    return verdict.allowed ? exit_code::ok : exit_code::failed;
}

exit_code flush(const globals& common) {
    firewall::driver(common).set({});
    return exit_code::ok;
}

constexpr const char* footer =
    R"(A file has a rule a line; the first that matches decides, else the default of the direction:
  default in deny
  default out allow
  allow 3 -> self:7000-7009            domain 3 to Argo ports of this domain
  allow log self -> 0:7000             this domain to a port of domain 0
  deny any -> self:vsock:22            an AF_VSOCK port
A denied send is "Permission denied" for its program; what comes in is dropped and counted.
All but 'check' need CAP_NET_ADMIN. 'test' ends with 0 if it is allowed, 1 if it is denied.

Examples:
  argo-ctl firewall check /etc/argo/firewall
  argo-ctl firewall load /etc/argo/firewall
  argo-ctl firewall test 3:5000 self:7000
  argo-ctl firewall show)";

} // namespace

runner define_firewall(CLI::App& app) {
    const auto options = std::make_shared<firewall_options>();
    const auto add = [&app, options](const char* name, const char* summary_of, runner work) {
        CLI::App* const part = app.add_subcommand(name, summary_of);
        part->fallthrough();
        part->callback([options, work = std::move(work)] { options->chosen = work; });
        return part;
    };
    app.require_subcommand(1);
    app.footer(footer);
    add("show", "Print the rules, as 'load' reads them, and how often each decided", [options](const globals& common) {
        return show(common, options->as_json);
    })->add_flag("--json", options->as_json, "Print one JSON document");
    add("load", "Replace all rules at once by those in a file, or from standard input (-)",
        [options](const globals& common) { return load(common, options->file); })
        ->add_option("FILE", options->file, "File with rules, or -")
        ->required();
    add("check", "Read a file as 'load' does, and change nothing",
        [options](const globals&) { return check(options->file); })
        ->add_option("FILE", options->file, "File with rules, or -")
        ->required();
    CLI::App* const question = add("test", "Ask the driver what is done with a message, or an AF_VSOCK connection",
                                   [options](const globals& common) { return test(common, *options); });
    question->add_option("FROM", options->from, "DOMID:PORT or DOMID:vsock:PORT; 'self' is this domain")->required();
    question->add_option("TO", options->to, "DOMID:PORT or DOMID:vsock:PORT")->required();
    add("flush", "Remove all rules: everything is allowed", [](const globals& common) { return flush(common); });
    return [options](const globals& common) { return options->chosen(common); };
}

} // namespace argoctl
