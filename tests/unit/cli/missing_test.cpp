// SPDX-License-Identifier: MIT
#include "app/missing.hpp"

#include <gtest/gtest.h>
#include <libargo/error.hpp>

#include <cerrno>
#include <string>

namespace argoctl {
namespace {

const boost::system::error_code not_there = libargo::error::no_device;

boost::system::error_code code(int number) { return {number, boost::system::system_category()}; }

/// A Xen domain with everything but Argo.
surroundings domain() {
    surroundings here;
    here.xen_domain = true;
    here.release = "6.1.0-9-amd64";
    here.installed = true;
    here.user = "ann";
    return here;
}

/// A machine whose device is there and as it should be; ann is not in the group.
surroundings with_device() {
    auto here = domain();
    here.core_loaded = here.char_loaded = here.announced = true;
    here.argo_group = surroundings::group{.number = 997, .has_user = false};
    here.device_group = 997;
    return here;
}

void expect_told(const surroundings& here, const boost::system::error_code& ec, exit_code wanted,
                 const std::string& text, const std::string& device = "/dev/argo") {
    const auto said = not_opened(device, ec, here);
    EXPECT_EQ(said.code(), wanted);
    EXPECT_EQ(std::string(said.what()), "cannot open " + device + ": " + text);
}

TEST(Missing, ModuleThatIsNotLoaded) {
    auto here = domain();
    expect_told(here, not_there, exit_code::no_device,
                "the module argo is not loaded; run 'modprobe argo' as root, and this again; if modprobe fails, the "
                "kernel log says why");
    here.core_loaded = true;
    expect_told(here, not_there, exit_code::no_device,
                "the module argo_char is not loaded; run 'modprobe argo_char' as root, and this again; if modprobe "
                "fails, the kernel log "
                "says why");
}

TEST(Missing, ModuleThatIsNotInstalled) {
    auto here = domain();
    here.installed = false;
    const std::string install = "install argo-dkms and linux-headers-6.1.0-9-amd64 ('dkms status' says whether the "
                                "modules were built), or run 'make install' in Argo's source";
    expect_told(here, not_there, exit_code::no_device,
                "the module argo is not installed for the running kernel 6.1.0-9-amd64; " + install);
    here.installed_else = {"6.1.0-10-amd64", "6.1.0-11-amd64"};
    expect_told(here, not_there, exit_code::no_device,
                "the module argo is installed for kernel 6.1.0-10-amd64, 6.1.0-11-amd64, but not for 6.1.0-9-amd64, "
                "which is running; reboot with that kernel, or " +
                    install);
}

TEST(Missing, LoadedModuleNeedsNoFile) {
    auto here = domain();
    here.installed = false;
    here.core_loaded = true;
    EXPECT_NE(std::string(not_opened("/dev/argo", not_there, here).what()).find("argo_char is not loaded"),
              std::string::npos);
}

TEST(Missing, ArgoInXen) {
    auto here = domain();
    here.core_loaded = here.char_loaded = true;
    expect_told(here, not_there, exit_code::no_argo,
                "the driver is loaded, but Xen offers this domain no Argo; boot a Xen that was built with CONFIG_ARGO "
                "with argo=1 on its command line; if that is so, the kernel log says whether Xen's security policy "
                "denies it");
}

TEST(Missing, Xen) {
    // It is the first thing to know, whatever else is missing.
    for (const bool loaded : {false, true}) {
        auto here = domain();
        here.xen_domain = false;
        here.installed = false;
        here.core_loaded = here.char_loaded = loaded;
        expect_told(here, not_there, exit_code::no_argo,
                    "this machine is no Xen domain; use it in dom0 or a domU; the module argo_loopback has domains "
                    "without Xen, the first at --device /dev/argo0");
    }
}

TEST(Missing, OlderDriverHasTheInterrupt) {
    for (const std::string name : {"xen_argo", "xen_argo_stream"}) {
        auto here = domain();
        here.old_driver = name;
        expect_told(here, not_there, exit_code::no_device,
                    "the older driver " + name + " is loaded, and has Argo's interrupt; run 'modprobe -r " + name +
                        "' and 'modprobe argo' as root");
    }
}

TEST(Missing, FileInDevOfAContainer) {
    auto here = with_device();
    here.device_group.reset();
    expect_told(here, not_there, exit_code::no_device,
                "the driver has the device, but it is not in this /dev; start the container with --device=/dev/argo, "
                "or the unit without PrivateDevices=yes");
}

TEST(Missing, Membership) {
    auto here = with_device();
    expect_told(here, code(EACCES), exit_code::no_permission,
                "no permission: user 'ann' is not in group 'argo'; run 'adduser ann argo' as root and log in again");
    here.argo_group->has_user = true;
    expect_told(here, code(EACCES), exit_code::no_permission,
                "no permission: user 'ann' has joined group 'argo' after this login; log in again");
    here.in_device_group = true;
    expect_told(here, code(EACCES), exit_code::no_permission,
                "no permission, although this process is in group 'argo'; see what mode the device has, and whether "
                "AppArmor or SELinux denies it");
}

TEST(Missing, GroupOfTheDevice) {
    auto here = with_device();
    here.device_group = 0;
    const std::string again = "'udevadm trigger --action=change --subsystem-match=misc --sysname-match=argo*'";
    expect_told(here, code(EACCES), exit_code::no_permission,
                "no permission: it does not belong to group 'argo'; run " + again +
                    " as root, or use argo-ctl as root");
    here.argo_group.reset();
    expect_told(here, code(EACCES), exit_code::no_permission,
                "no permission: it is for root, and there is no group 'argo'; run 'systemd-sysusers' and then " +
                    again + " as root, or use argo-ctl as root");
}

TEST(Missing, PolicyOfAContainer) {
    expect_told(with_device(), code(EPERM), exit_code::no_permission,
                "no permission: this container or service may not use the device; start the container with "
                "--device=/dev/argo, or write DeviceAllow=/dev/argo rw into the unit");
}

TEST(Missing, VirtualDomain) {
    expect_told(domain(), not_there, exit_code::no_device,
                "argo_loopback has no such virtual domain; run 'modprobe argo_loopback' as root, or see /dev for the "
                "domains that it has",
                "/dev/argo12");
    expect_told(with_device(), code(EACCES), exit_code::no_permission,
                "no permission: user 'ann' is not in group 'argo'; run 'adduser ann argo' as root and log in again",
                "/dev/argo0");
}

TEST(Missing, OtherPathsAreMistakesOfTheCommandLine) {
    for (const char* device : {"/dev/argox", "/dev/arg", "/tmp/argo", "/dev/argo_stream"}) {
        expect_told(domain(), not_there, exit_code::no_device,
                    "there is no such device; give another --device; the driver's is /dev/argo", device);
        expect_told(domain(), code(EACCES), exit_code::no_permission,
                    "no permission to use it; give another --device, or run as root", device);
    }
}

TEST(Missing, OtherErrorsAreToldAsEver) {
    expect_told(with_device(), libargo::error::not_an_argo_device, exit_code::no_device,
                "that is not an Argo device; give another --device");
    expect_told(with_device(), code(EMFILE), exit_code::failed, "Too many open files");
}

} // namespace
} // namespace argoctl
