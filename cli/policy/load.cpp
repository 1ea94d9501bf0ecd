// SPDX-License-Identifier: MIT
#include "policy/load.hpp"

#include "policy/assertions.hpp"
#include "policy/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

namespace argopolicy {

namespace {

std::string all_of(std::istream& in) { return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()}; }

void set_ids(policy_file& policy, const std::map<std::string, std::uint16_t>& ids) {
    for (const auto& [name, id] : ids) {
        const auto found = std::find_if(policy.domains.begin(), policy.domains.end(),
                                        [&, &wanted = name](const domain_line& one) { return one.name == wanted; });
        if (found == policy.domains.end()) {
            fail(fmt::format("--id {}={}: the policy has no domain {}", name, id, name));
        }
        found->id = id;
    }
}

} // namespace

void fail(const std::string& text) {
    fmt::print(stderr, "argo-policy: {}\n", text);
    throw failed{};
}

std::string read_file(const std::string& path) {
    if (path == "-") {
        return all_of(std::cin);
    }
    std::error_code ec;
    std::ifstream in(path, std::ios::binary);
    if (!in || std::filesystem::is_directory(path, ec)) {
        fail(fmt::format("{} cannot be read: give the path of a file, or - for standard input", path));
    }
    return all_of(in);
}

void write_file(const std::filesystem::path& path, const std::string& text) {
    const std::filesystem::path part = path.string() + ".new";
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    std::error_code ec;
    if (out) {
        std::filesystem::rename(part, path, ec);
    }
    if (!out || ec) {
        std::filesystem::remove(part, ec);
        fail(fmt::format("{} cannot be written: is its folder there, and yours?", path.string()));
    }
}

void report(const problems& found, const std::string& file) {
    for (const problem& one : found) {
        fmt::print(stderr, "{}\n", to_string(one, file));
    }
    if (has_errors(found)) {
        throw failed{};
    }
}

resolved load(const std::string& path, const std::map<std::string, std::uint16_t>& ids) {
    problems found;
    policy_file file = parse(read_file(path), found);
    set_ids(file, ids);
    resolved policy(std::move(file), found);
    if (!has_errors(found)) {
        check_assertions(policy, found);
    }
    report(found, path);
    return policy;
}

} // namespace argopolicy
