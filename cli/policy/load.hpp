// SPDX-License-Identifier: MIT
// Files of policies, and what is wrong with them.
#pragma once

#include "policy/resolve.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace argopolicy {

/// The command ends with this status; what is wrong was said.
struct failed {
    int status = 1;
};

[[nodiscard]] std::string read_file(const std::string& path);
/// The file is there as a whole, or not at all.
void write_file(const std::filesystem::path& path, const std::string& text);
/// Ends the command with an error.
[[noreturn]] void fail(const std::string& text);
/// Says all that was found; ends the command when there is an error.
void report(const problems& found, const std::string& file);

/// Reads a policy and checks its assertions. @p ids replaces ids of domains.
[[nodiscard]] resolved load(const std::string& path, const std::map<std::string, std::uint16_t>& ids = {});

} // namespace argopolicy
