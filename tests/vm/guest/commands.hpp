// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"

#include <map>
#include <string>

namespace guest {

using command = int (*)(const arguments& options);

/// main() of a program whose first word is a command. Its status is the command's, 1 with a word on an exception, 2
/// with `usage` where there is no such command.
int run_command(int argc, char** argv, const std::map<std::string, command>& commands, const char* usage);

} // namespace guest
