// SPDX-License-Identifier: MIT
#include "policy/commands.hpp"

#include "policy/assertions.hpp"
#include "policy/flask.hpp"
#include "policy/guest.hpp"
#include "policy/import.hpp"
#include "policy/load.hpp"
#include "policy/parser.hpp"
#include "policy/prove.hpp"
#include "policy/views.hpp"
#include "policy/xen_source.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <functional>
#include <stdexcept>
#include <utility>

namespace argopolicy {

namespace {

constexpr int status_no = 3;
/// One module too many in a Flask policy can differ in each two domains.
constexpr std::size_t most_differences = 20;

/// What the command line says.
struct arguments {
    std::string file;
    std::string other;
    std::string domain;
    std::string from;
    std::string to;
    std::string xen;
    std::string out;
    std::vector<std::string> ids;
    int status = 0;
};

std::map<std::string, std::uint16_t> ids_of(const std::vector<std::string>& texts) {
    std::map<std::string, std::uint16_t> ids;
    for (const std::string& text : texts) {
        const std::size_t at = text.find('=');
        const auto id = at == std::string::npos ? std::nullopt : number_of(text.substr(at + 1), 0x7fef);
        if (!id) {
            fail(fmt::format("--id {}: expected NAME=ID, as in web=3", text));
        }
        ids[text.substr(0, at)] = static_cast<std::uint16_t>(*id);
    }
    return ids;
}

struct end_point {
    std::size_t domain = 0;
    port_space space = port_space::argo;
    std::optional<std::uint32_t> port;
};

/// "web:5432", "3:vsock:22"; the port may be left out.
end_point end_point_of(const resolved& policy, const std::string& text) {
    const std::size_t colon = text.find(':');
    const std::string name = text.substr(0, colon);
    const auto domain = policy.find(name);
    if (!domain) {
        fail(fmt::format("the policy has no domain {}", name));
    }
    end_point made{*domain, port_space::argo, std::nullopt};
    if (colon == std::string::npos) {
        return made;
    }
    std::string port = text.substr(colon + 1);
    if (port.starts_with("vsock:")) {
        made.space = port_space::vsock;
        port.erase(0, 6);
    }
    made.port = number_of(port, UINT32_MAX);
    if (!made.port) {
        fail(fmt::format("'{}' is no address: write DOMAIN:PORT or DOMAIN:vsock:PORT", text));
    }
    return made;
}

verdict asked(const resolved& policy, const arguments& given) {
    const end_point from = end_point_of(policy, given.from);
    const end_point to = end_point_of(policy, given.to);
    if (!to.port) {
        fail(fmt::format("'{}' names no port: write DOMAIN:PORT or DOMAIN:vsock:PORT", given.to));
    }
    if (from.port && from.space != to.space) {
        fail("one address is of AF_VSOCK and the other is not");
    }
    return policy.judge(from.domain, to.domain, to.space, *to.port);
}

void check(arguments& given) {
    const resolved policy = load(given.file);
    problems found;
    check_enforcement(policy, found);
    check_flask_types(policy, found);
    report(found, given.file);
    fmt::print("{}", enforcement_view(policy));
}

void test(arguments& given) {
    const resolved policy = load(given.file);
    const bool allowed = asked(policy, given).allowed;
    fmt::print("{}\n", allowed ? "allowed" : "denied");
    given.status = allowed ? 0 : status_no;
}

void why(arguments& given) {
    const resolved policy = load(given.file);
    const verdict found = asked(policy, given);
    fmt::print("{}\n", why_view(policy, given.file, found));
    given.status = found.allowed ? 0 : status_no;
}

void guest(arguments& given) {
    const resolved policy = load(given.file, ids_of(given.ids));
    const auto self = policy.find(given.domain);
    if (!self) {
        fail(fmt::format("the policy has no domain {}", given.domain));
    }
    problems found;
    const std::string text = guest_rules(policy, *self, found);
    report(found, given.file);
    fmt::print("{}", text);
}

void engine(arguments& given) {
    const resolved policy = load(given.file, ids_of(given.ids));
    problems found;
    const std::string text = engine_rules(policy, found);
    report(found, given.file);
    fmt::print("{}", text);
}

void flask(arguments& given) {
    const resolved policy = load(given.file);
    problems found;
    check_enforcement(policy, found);
    check_flask_types(policy, found);
    check_xen_source(policy, given.xen, found);
    report(found, given.file);
    const flask_source made = flask_policy(policy);
    std::error_code ec;
    std::filesystem::create_directories(given.out, ec);
    const std::filesystem::path out = given.out;
    write_file(out / "argo_policy.te", made.module);
    write_file(out / "argo_policy.contexts", made.contexts);
}

void diff(arguments& given) {
    const std::string text = difference_view(load(given.file), load(given.other));
    fmt::print("{}", text);
    given.status = text.empty() ? 0 : status_no;
}

void graph(arguments& given) { fmt::print("{}", graph_view(load(given.file))); }

void import_command(arguments& given) {
    problems found;
    const policy_file made = import_rules(read_file(given.file), found);
    report(found, given.file);
    fmt::print("# argo-policy made this of rules of viptables.\n{}", to_string(made));
}

void prove_command(arguments& given) {
    const resolved policy = load(given.file);
    problems found;
    check_flask_types(policy, found);
    check_enforcement(policy, found);
    report(found, given.file);
    found.clear();
    const binary_policy compiled(given.other);
    const proof done = prove(policy, compiled, found);
    if (found.size() > most_differences) {
        const std::size_t more = found.size() - most_differences;
        found.resize(most_differences);
        found.push_back({{}, fmt::format("there are {} more differences", more), false});
    }
    report(found, given.file);
    fmt::print("{} does what {} says: {} types of domains, {} ranges of ports, {} questions\n", given.other, given.file,
               done.domains, done.ranges, done.questions);
}

class command_line {
public:
    explicit command_line(arguments& given) : given_(given) {
        app_.require_subcommand(1);
        app_.set_version_flag("--version", std::string("argo-policy " ARGO_POLICY_VERSION));
        app_.footer("Exit status: 0 done, allowed or equal; 1 the policy or a file is wrong; 2 the command line is "
                    "wrong;\n3 denied or different.");
        add("check", "Check a policy; say of each rule where it is enforced", check);
        CLI::App* one = add("flask", "Write source for the Flask policy of a patched Xen", flask);
        one->add_option("--policy", given.xen, "Xen's tools/flask/policy, which it is to go beside")
            ->required()
            ->check(CLI::ExistingDirectory);
        one->add_option("-o,--output", given.out, "The folder for argo_policy.te and argo_policy.contexts")->required();
        one = add("guest", "Print the rules of one guest, for argo-ctl firewall load", guest);
        one->add_option("DOMAIN", given.domain, "A domain's name")->required();
        add_ids(*one);
        add_ids(*add("engine", "Print the rights for the engine of argo_loopback", engine));
        add_addresses(*add("test", "Say whether a message is allowed", test));
        add_addresses(*add("why", "Say which line of the policy allows or denies a message", why));
        one = add("diff", "Say who may newly talk to whom, and who no longer", diff);
        one->add_option("NEW", given.other, "The policy to compare with")->required();
        add("graph", "Print a graph of the policy, in DOT", graph);
        add("import", "Make a policy of rules of OpenXT's viptables", import_command);
        one = add("prove", "Hold a compiled Flask policy against a policy and its assertions", prove_command);
        one->add_option("BINARY", given.other, "A compiled policy, as in /boot/xenpolicy-*")->required();
    }

    int run(int argc, const char* const* argv) {
        try {
            app_.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            return app_.exit(error) == 0 ? 0 : 2;
        }
        try {
            todo_(given_);
        } catch (const failed& error) {
            return error.status;
        } catch (const std::runtime_error& error) {
            fmt::print(stderr, "argo-policy: {}\n", error.what());
            return 1;
        }
        return given_.status;
    }

private:
    CLI::App* add(const std::string& name, const std::string& help, void (*command)(arguments&)) {
        CLI::App* made = app_.add_subcommand(name, help);
        made->add_option("FILE", given_.file, "A policy, or - for standard input")->required();
        made->callback([this, command] { todo_ = command; });
        return made;
    }
    void add_ids(CLI::App& command) {
        command.add_option("--id", given_.ids, "NAME=ID: the id of a domain, in place of the policy's")
            ->type_name("NAME=ID");
    }
    void add_addresses(CLI::App& command) {
        command.add_option("FROM", given_.from, "DOMAIN or DOMAIN:PORT; the port plays no part")->required();
        command.add_option("TO", given_.to, "DOMAIN:PORT or DOMAIN:vsock:PORT")->required();
    }

    CLI::App app_{"Who may talk to whom over Argo: checks, explains and translates a policy.", "argo-policy"};
    arguments& given_;
    std::function<void(arguments&)> todo_;
};

} // namespace

int run(int argc, const char* const* argv) {
    arguments given;
    return command_line(given).run(argc, argv);
}

} // namespace argopolicy
