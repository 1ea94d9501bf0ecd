// SPDX-License-Identifier: MIT
#include "hostile_user.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <unistd.h>

namespace guest {

void become(uid_t user) {
    if (::seteuid(root) != 0 || ::seteuid(user) != 0) {
        throw std::system_error(errno, std::generic_category(), "seteuid");
    }
}

unsigned int module_parameter(const std::string& name) {
    unsigned int value = 0;
    std::ifstream{"/sys/module/argo/parameters/" + name} >> value;
    return value;
}

} // namespace guest
