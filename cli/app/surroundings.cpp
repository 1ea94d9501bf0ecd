// SPDX-License-Identifier: MIT
#include "app/surroundings.hpp"

#include <fmt/format.h>

#include <pwd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <ranges>
#include <sstream>
#include <string_view>
#include <system_error>

namespace argoctl {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

std::string first_line(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

/// Whether depmod found the module argo in the modules of a kernel.
bool has_argo(const fs::path& modules) {
    std::ifstream file(modules / "modules.dep");
    for (std::string line; std::getline(file, line);) {
        const auto name = fs::path(line.substr(0, line.find(':'))).filename().string();
        if (name == "argo.ko" || name.starts_with("argo.ko.")) {
            return true;
        }
    }
    return false;
}

std::vector<std::string> kernels_with_argo(const fs::path& all) {
    std::vector<std::string> out;
    std::error_code ec;
    for (fs::directory_iterator entry(all, ec), end; !ec && entry != end; entry.increment(ec)) {
        if (has_argo(entry->path())) {
            out.push_back(entry->path().filename().string());
        }
    }
    std::ranges::sort(out);
    return out;
}

/// The group argo of a file in the format of group(5).
std::optional<surroundings::group> find_argo_group(const fs::path& path, const std::string& user) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream fields(line);
        std::string name;
        std::string password;
        std::string number;
        std::getline(fields, name, ':');
        std::getline(fields, password, ':');
        std::getline(fields, number, ':');
        surroundings::group found;
        if (name != "argo" || !(std::istringstream(number) >> found.number)) {
            continue;
        }
        for (std::string member; std::getline(fields, member, ',');) {
            found.has_user |= member == user;
        }
        return found;
    }
    return std::nullopt;
}

} // namespace

surroundings look_around(const fs::path& root, const std::string& device, const std::string& release,
                         const process& self) {
    surroundings out;
    const auto module_loaded = [&](std::string_view name) { return is_there(root / "sys/module" / name); };
    out.xen_domain = first_line(root / "sys/hypervisor/type") == "xen";
    out.core_loaded = module_loaded("argo");
    out.char_loaded = module_loaded("argo_char");
    for (const char* name : {"xen_argo", "xen_argo_stream"}) {
        if (out.old_driver.empty() && module_loaded(name)) {
            out.old_driver = name;
        }
    }
    out.announced = is_there(root / "sys/class/misc" / fs::path(device).filename());
    out.release = release;
    out.installed_else = kernels_with_argo(root / "lib/modules");
    out.installed = std::erase(out.installed_else, release) != 0;
    out.argo_group = find_argo_group(root / "etc/group", self.user);
    struct stat status {};
    if (stat((root / fs::path(device).relative_path()).c_str(), &status) == 0) {
        out.device_group = status.st_gid;
        out.in_device_group = std::ranges::find(self.groups, status.st_gid) != self.groups.end();
    }
    out.user = self.user;
    return out;
}

surroundings look_around(const std::string& device) {
    process self;
    const passwd* const entry = getpwuid(geteuid());
    self.user = entry != nullptr ? entry->pw_name : fmt::to_string(geteuid());
    self.groups.resize(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
    const int count = getgroups(static_cast<int>(self.groups.size()), self.groups.data());
    self.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    self.groups.push_back(getegid());
    utsname kernel{};
    uname(&kernel);
    return look_around("/", device, static_cast<const char*>(kernel.release), self);
}

} // namespace argoctl
