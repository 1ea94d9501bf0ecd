// SPDX-License-Identifier: MIT
// The definitions of all commands: what CLI11 makes of them.
#include "app/command.hpp"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace argoctl {
namespace {

/// The names of an option, of a positional the name that --help shows.
std::vector<std::string> names_of(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const auto& part : {option.get_snames(), option.get_lnames()}) {
        names.insert(names.end(), part.begin(), part.end());
    }
    if (option.get_positional()) {
        names.push_back(option.get_name(true));
    }
    return names;
}

/// Releases of CLI11 differ in the punctuation that they accept; all of them accept hyphens.
bool is_plain(std::string_view name) {
    return !name.empty() && name.front() != '-' &&
           std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
}

TEST(CommandLine, EveryReleaseOfCli11TakesTheNames) {
    for (const auto& entry : commands()) {
        CLI::App app;
        entry.define(app);
        for (const auto* const option : app.get_options()) {
            for (const auto& name : names_of(*option)) {
                EXPECT_TRUE(is_plain(name)) << entry.name << ": " << name;
            }
        }
    }
}

TEST(CommandLine, EveryOptionOfEveryCommandIsTaken) {
    const std::map<std::string, std::vector<std::string>> lines{
        {"info", {"--json"}},
        {"rings", {"--json -w 0.5", "-w"}},
        {"ping", {"3:5000 -p 42 --partner 3 -c 5 -i 0.5 -s 64 -W 1.5 -q --json"}},
        {"echo", {"-p 5000 --partner 3 --ring-size 64K -c 5 --json"}},
        {"send", {"file self:0x1388 -p 42 --partner 3 --checksum --name x --timeout 3 --stall-timeout 60 -q --json"}},
        {"recv",
         {"-p 5000 -o file --partner 3 --ring-size 64K --checksum --keep-partial --max-size 5G --timeout 3 "
          "--stall-timeout 60 -q --json"}},
        {"bench",
         {"3:5000 -m both --sizes 64,1K -c 10 -d 2 -b 16 --ring-size 1M --json", "--serve -p 5000 --partner any",
          "cable -p 42 --partner 3"}},
        {"firewall", {"show --json", "load file", "check -", "test self:1 3:2", "flush"}},
        {"cable", {"add 1:42 0x0:0x1b58", "add self:1 parent:1", "remove 1:42", "list --json"}},
    };
    for (const auto& entry : commands()) {
        std::set<std::string> missing;
        std::set<std::string> seen;
        for (const auto& line : lines.at(entry.name)) {
            CLI::App app;
            // It owns what the options are written to.
            const auto run = entry.define(app);
            EXPECT_NO_THROW(app.parse(line)) << entry.name << ' ' << line;
            for (const auto* const option : app.get_options()) {
                if (option != app.get_help_ptr()) {
                    (option->count() == 0 ? missing : seen).insert(names_of(*option).front());
                }
            }
        }
        for (const auto& name : missing) {
            EXPECT_TRUE(seen.contains(name)) << entry.name << ": no line above has " << name;
        }
    }
}

TEST(CommandLine, HelpSaysHowAnAddressIsWritten) {
    std::size_t with_address = 0;
    for (const auto& entry : commands()) {
        CLI::App app;
        entry.define(app);
        with_address += app.help().find("  ADDRESS DOMID:PORT ") != std::string::npos ? 1U : 0U;
    }
    EXPECT_EQ(with_address, 3U);
}

} // namespace
} // namespace argoctl
