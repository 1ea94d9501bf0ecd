// SPDX-License-Identifier: MIT
#include "app/missing.hpp"

#include <fmt/format.h>
#include <libargo/error.hpp>
#include <libargo/socket.hpp>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace argoctl {

namespace {

struct finding {
    exit_code code;
    std::string what;
    std::string todo;
};

constexpr std::string_view udev_again =
    "'udevadm trigger --action=change --subsystem-match=misc --sysname-match=argo*'";

/// Whether the path is that of a virtual domain of argo_loopback: /dev/argo0.
bool is_virtual(std::string_view device) {
    const std::string_view start = libargo::default_device;
    return device.starts_with(start) && device.size() > start.size() &&
           std::ranges::all_of(device.substr(start.size()), [](char c) { return c >= '0' && c <= '9'; });
}

finding denied_by_group(const surroundings& here) {
    constexpr auto code = exit_code::no_permission;
    if (!here.argo_group) {
        return {code, "no permission: it is for root, and there is no group 'argo'",
                fmt::format("run 'systemd-sysusers' and then {} as root, or use argo-ctl as root", udev_again)};
    }
    if (here.device_group != here.argo_group->number) {
        return {code, "no permission: it does not belong to group 'argo'",
                fmt::format("run {} as root, or use argo-ctl as root", udev_again)};
    }
    if (here.in_device_group) {
        return {code, "no permission, although this process is in group 'argo'",
                "see what mode the device has, and whether AppArmor or SELinux denies it"};
    }
    if (here.argo_group->has_user) {
        return {code, fmt::format("no permission: user '{}' has joined group 'argo' after this login", here.user),
                "log in again"};
    }
    return {code, fmt::format("no permission: user '{}' is not in group 'argo'", here.user),
            fmt::format("run 'adduser {} argo' as root and log in again", here.user)};
}

/// open(2) said EACCES or EPERM.
finding denied(const std::string& device, const boost::system::error_code& ec, const surroundings& here) {
    if (device != libargo::default_device && !is_virtual(device)) {
        return {exit_code::no_permission, "no permission to use it", "give another --device, or run as root"};
    }
    if (ec.value() == EPERM) {
        return {
            exit_code::no_permission, "no permission: this container or service may not use the device",
            fmt::format("start the container with --device={0}, or write DeviceAllow={0} rw into the unit", device)};
    }
    return denied_by_group(here);
}

finding no_module(const surroundings& here) {
    const std::string install = fmt::format("install argo-dkms and linux-headers-{} ('dkms status' says whether the "
                                            "modules were built), or run 'make install' in Argo's source",
                                            here.release);
    if (here.installed_else.empty()) {
        return {exit_code::no_device,
                fmt::format("the module argo is not installed for the running kernel {}", here.release), install};
    }
    return {exit_code::no_device,
            fmt::format("the module argo is installed for kernel {}, but not for {}, which is running",
                        fmt::join(here.installed_else, ", "), here.release),
            "reboot with that kernel, or " + install};
}

/// There is no /dev/argo.
finding no_device(const surroundings& here) {
    if (here.announced) {
        return {exit_code::no_device, "the driver has the device, but it is not in this /dev",
                fmt::format("start the container with --device={}, or the unit without PrivateDevices=yes",
                            libargo::default_device)};
    }
    if (!here.old_driver.empty()) {
        return {exit_code::no_device,
                fmt::format("the older driver {} is loaded, and has Argo's interrupt", here.old_driver),
                fmt::format("run 'modprobe -r {}' and 'modprobe argo' as root", here.old_driver)};
    }
    if (!here.xen_domain) {
        return {exit_code::no_argo, "this machine is no Xen domain",
                "use it in dom0 or a domU; the module argo_loopback has domains without Xen, the first at "
                "--device /dev/argo0"};
    }
    if (here.core_loaded && here.char_loaded) {
        return {exit_code::no_argo, "the driver is loaded, but Xen offers this domain no Argo",
                "boot a Xen that was built with CONFIG_ARGO with argo=1 on its command line; if that is so, the kernel "
                "log says whether Xen's security policy denies it"};
    }
    if (!here.core_loaded && !here.installed) {
        return no_module(here);
    }
    const std::string_view module = here.core_loaded ? "argo_char" : "argo";
    return {
        exit_code::no_device, fmt::format("the module {} is not loaded", module),
        fmt::format("run 'modprobe {}' as root, and this again; if modprobe fails, the kernel log says why", module)};
}

finding absent(const std::string& device, const surroundings& here) {
    if (device == libargo::default_device) {
        return no_device(here);
    }
    if (is_virtual(device)) {
        return {exit_code::no_device, "argo_loopback has no such virtual domain",
                "run 'modprobe argo_loopback' as root, or see /dev for the domains that it has"};
    }
    return {exit_code::no_device, "there is no such device",
            fmt::format("give another --device; the driver's is {}", libargo::default_device)};
}

failure told(const std::string& device, const finding& found) {
    return {found.code, fmt::format("cannot open {}: {}; {}", device, found.what, found.todo)};
}

} // namespace

failure not_opened(const std::string& device, const boost::system::error_code& ec, const surroundings& here) {
    if (ec == libargo::error::no_device) {
        return told(device, absent(device, here));
    }
    if (ec.category() == boost::system::system_category() && (ec.value() == EACCES || ec.value() == EPERM)) {
        return told(device, denied(device, ec, here));
    }
    return {operation::open, device, ec};
}

} // namespace argoctl
