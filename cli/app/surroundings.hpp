// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace argoctl {

/// A process, as far as it matters for opening the device.
struct process {
    std::string user; ///< name, or the number of a user without one
    std::vector<gid_t> groups;
};

/// The facts about this machine that tell why a device cannot be opened.
struct surroundings {
    /// The group `argo` of /etc/group.
    struct group {
        gid_t number = 0;
        bool has_user = false; ///< the user of the process is listed
    };

    bool xen_domain = false;
    bool core_loaded = false;                ///< argo
    bool char_loaded = false;                ///< argo_char
    std::string old_driver;                  ///< name of a loaded module of the older driver; empty without one
    bool announced = false;                  ///< the kernel has the device, whether or not /dev does
    std::string release;                     ///< of the running kernel
    bool installed = false;                  ///< argo, for the running kernel
    std::vector<std::string> installed_else; ///< releases of other kernels with argo, sorted
    std::optional<group> argo_group;
    std::optional<gid_t> device_group; ///< group of the device's file; empty if there is no file
    bool in_device_group = false;      ///< the process is a member of it
    std::string user;
};

/// Reads the facts for @p device (a path, without @p root) from the file systems below @p root.
/// A file that cannot be read counts as absent.
surroundings look_around(const std::filesystem::path& root, const std::string& device, const std::string& release,
                         const process& self);

/// The same for this process on this machine.
surroundings look_around(const std::string& device);

} // namespace argoctl
