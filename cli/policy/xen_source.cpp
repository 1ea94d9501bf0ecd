// SPDX-License-Identifier: MIT
#include "policy/xen_source.hpp"

#include "policy/flask.hpp"
#include "policy/load.hpp"

#include <fmt/format.h>

#include <regex>

namespace argopolicy {

namespace {

/// Whether modules.conf has a module on.
bool is_on(const std::string& modules, const std::string& name) {
    return std::regex_search(modules, std::regex("(^|\n)[ \t]*" + name + "[ \t]*=[ \t]*on[ \t]*(\n|$)"));
}

bool declares(const std::string& source, const std::string& type) {
    return std::regex_search(
        source, std::regex("(type[ \t]+|declare_domain\\(|declare_singleton_domain\\()" + type + "[ \t]*[,;)]"));
}

std::string all_modules(const std::filesystem::path& folder) {
    std::string all;
    std::error_code ec;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ec)) {
        if (entry.path().extension() == ".te" && entry.path().filename() != "argo_policy.te") {
            all += read_file(entry.path().string());
        }
    }
    return all;
}

} // namespace

void check_xen_source(const resolved& policy, const std::filesystem::path& folder, problems& found) {
    if (!std::filesystem::exists(folder / "policy" / "support" / "argo_macros.spt")) {
        fail(fmt::format("{} has no policy/support/argo_macros.spt: it is to be the source of a Flask policy with "
                         "labels of Argo ports, as docs/packages.md makes it",
                         folder.string()));
    }
    const std::string modules = read_file((folder / "modules" / "modules.conf").string());
    if (is_on(modules, "argo_open_ports")) {
        found.push_back({{},
                         fmt::format("{}/modules/modules.conf has argo_open_ports on, which opens all ports that no "
                                     "rule is about: turn it off",
                                     folder.string()),
                         true});
    }
    const std::string source = all_modules(folder / "modules");
    for (std::size_t i = 0; i < policy.count(); ++i) {
        const domain_line& domain = policy.domain(i);
        if (declares(source, flask_type(domain)) != has_own_type(domain)) {
            found.push_back({domain.at,
                             has_own_type(domain)
                                 ? fmt::format("the policy in {} declares no type {}; without 'type', one is made",
                                               folder.string(), flask_type(domain))
                                 : fmt::format("the policy in {} has a type {} already: write 'type {}'",
                                               folder.string(), flask_type(domain), flask_type(domain)),
                             false});
        }
    }
}

} // namespace argopolicy
