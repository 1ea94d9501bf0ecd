// SPDX-License-Identifier: MIT
#include "commands.hpp"

#include <exception>
#include <iostream>

namespace guest {

int run_command(int argc, char** argv, const std::map<std::string, command>& commands, const char* usage) {
    try {
        const arguments options{argc, argv};
        const auto found = options.words().size() == 1 ? commands.find(options.words().front()) : commands.end();
        if (found == commands.end()) {
            std::cerr << usage;
            return 2;
        }
        return found->second(options);
    } catch (const std::exception& error) {
        std::cerr << argv[0] << ": " << error.what() << '\n';
        return 1;
    }
}

} // namespace guest
