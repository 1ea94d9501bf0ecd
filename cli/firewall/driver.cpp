// SPDX-License-Identifier: MIT
#include "firewall/driver.hpp"

#include "app/device.hpp"
#include "app/errors.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace argoctl::firewall {

namespace {

template <class Argument>
void call(int handle, const std::string& device, unsigned long operation, Argument& argument, const char* attempt) {
    // POSIX's ioctl() has no other form.
    if (::ioctl(handle, operation, &argument) == 0) { // NOLINT(cppcoreguidelines-pro-type-vararg)
        return;
    }
    const int number = errno;
    switch (number) {
    case ENOTTY:
        throw failure(
            exit_code::no_device,
            fmt::format("cannot {} of {}: the driver has none; use one from this version on", attempt, device));
    case EPERM:
        throw failure(exit_code::no_permission,
                      fmt::format("cannot {} of {}: it takes CAP_NET_ADMIN; run as root", attempt, device));
    default:
        throw failure(exit_code::failed, fmt::format("cannot {} of {}: {}", attempt, device, std::strerror(number)));
    }
}

argo_firewall argument_for(std::vector<argo_firewall_rule>& list) {
    argo_firewall argument{};
    argument.size = sizeof(argument);
    argument.rules = reinterpret_cast<std::uintptr_t>(list.data()); // NOLINT(*-reinterpret-cast): the ABI has numbers
    argument.count = static_cast<std::uint32_t>(list.size());
    argument.rule_size = sizeof(argo_firewall_rule);
    return argument;
}

} // namespace

driver::driver(const globals& common)
    : device_(common.device), socket_(open_socket(context_, common)), handle_(socket_.native_handle()) {}

std::uint16_t driver::own_id() const {
    boost::system::error_code ec;
    const auto info = socket_.info(ec);
    if (ec) {
        throw failure(operation::info, device_, ec);
    }
    return libargo::to_number(info.domid);
}

rules driver::get() const {
    rules out;
    out.list.resize(ARGO_FIREWALL_MAX_RULES);
    argo_firewall argument = argument_for(out.list);
    call(handle_, device_, ARGO_IOC_FIREWALL_GET, argument, "list the firewall");
    out.list.resize(std::min<std::size_t>(argument.count, out.list.size()));
    std::ranges::copy(argument.defaults, out.defaults.begin());
    return out;
}

void driver::set(const rules& wanted) {
    std::vector<argo_firewall_rule> list = wanted.list;
    argo_firewall argument = argument_for(list);
    std::ranges::copy(wanted.defaults, std::begin(argument.defaults));
    call(handle_, device_, ARGO_IOC_FIREWALL_SET, argument, "set the firewall");
}

verdict driver::test(const flow& what) const {
    argo_firewall_test argument{};
    argument.size = sizeof(argument);
    argument.direction = what.direction;
    argument.protocol = what.protocol;
    argument.domid = what.domid;
    argument.local = what.local;
    argument.remote = what.remote;
    call(handle_, device_, ARGO_IOC_FIREWALL_TEST, argument, "ask the firewall");
    verdict out{argument.verdict == ARGO_FIREWALL_ALLOW, std::nullopt};
    if (argument.rule != ARGO_FIREWALL_DEFAULT) {
        out.rule = argument.rule;
    }
    return out;
}

} // namespace argoctl::firewall
