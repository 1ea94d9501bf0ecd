// SPDX-License-Identifier: MIT
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <libargo/address.hpp>
#include <libargo/bind.hpp>
#include <libargo/cable.hpp>
#include <libargo/info.hpp>
#include <libargo/message.hpp>
#include <libargo/options.hpp>
#include <libargo/ring_entry.hpp>
#include <libargo/space.hpp>
#include <libargo/status.hpp>

namespace libargo {
namespace {

struct flag {
    bool is_set;
    std::string_view name;
};

std::string list(std::initializer_list<flag> flags, std::string_view none) {
    std::string text;
    for (const auto& [is_set, name] : flags) {
        if (is_set) {
            text.append(text.empty() ? "" : " ").append(name);
        }
    }
    return text.empty() ? std::string(none) : text;
}

std::string timeout(std::chrono::nanoseconds value) {
    return value.count() == 0 ? "none" : fmt::format("{}s", std::chrono::duration<double>(value).count());
}

} // namespace

std::string to_string(domid_t id) {
    switch (id) {
    case domid_t::self:
        return "self";
    case domid_t::any:
        return "any";
    case domid_t::parent:
        return "parent";
    case domid_t::cable:
        return "cable";
    }
    return std::to_string(to_number(id));
}

std::string to_string(const address& addr) {
    return addr == cable_end ? "cable" : fmt::format("{}:{}", to_string(addr.domid), addr.port);
}

std::string to_string(const cable& value) {
    return fmt::format("{} -> {}", to_string(value.source), to_string(value.destination));
}

std::string to_string(const message_info& info) {
    return fmt::format("{} bytes from {} type {}{}", info.size, to_string(info.source), to_number(info.type),
                       info.truncated ? " (truncated)" : "");
}

std::string detail::describe_outgoing(std::size_t size, const address& destination, message_type type) {
    return fmt::format("{} bytes to {} type {}", size, to_string(destination), to_number(type));
}

std::string to_string(const bind_options& options) {
    return fmt::format("port {} partner {} ring {}{}", options.port == port_any ? "any" : std::to_string(options.port),
                       to_string(options.partner),
                       options.ring_size == 0 ? "default" : fmt::format("{} bytes", options.ring_size),
                       options.exclusive ? " exclusive" : "");
}

std::string to_string(const bind_result& result) {
    return fmt::format("{} partner {} ring {} bytes, messages up to {} bytes", to_string(result.local()),
                       to_string(result.partner), result.ring_size, result.max_message);
}

std::string to_string(const space_state& state) {
    if (!state.exists) {
        return "no ring";
    }
    const auto flags = list({{state.shared, "shared"},
                             {state.empty, "empty"},
                             {state.sufficient, "sufficient"},
                             {state.too_large, "too large"}},
                            "full");
    return fmt::format("{}, messages up to {} bytes", flags, state.max_message);
}

std::string to_string(const endpoint_status& status) {
    const auto flags = list({{status.bound, "bound"},
                             {status.connected, "connected"},
                             {status.hung_up, "hung up"},
                             {status.broken, "broken"}},
                            "idle");
    auto text = fmt::format("local {} remote {} partner {} ring {} bytes, {} in use, {}", to_string(status.local),
                            to_string(status.remote), to_string(status.partner), status.ring_size, status.fill, flags);
    if (status.next_message) {
        text += fmt::format(", next message {} bytes", *status.next_message);
    }
    return text;
}

std::string to_string(const socket_options& options) {
    return fmt::format("send low-water mark {} bytes, type {}, send timeout {}, receive timeout {}",
                       options.send_low_water_mark, to_number(options.type), timeout(options.send_timeout),
                       timeout(options.receive_timeout));
}

std::string to_string(const device_info& info) {
    return fmt::format("{}, domain {}, ABI {}, {} of {} rings, messages up to {} bytes", info.hypervisor,
                       to_string(info.domid), info.abi_version, info.rings, info.max_rings, info.max_message);
}

std::string to_string(const ring_entry& entry) {
    return fmt::format("port {} partner {} owner {} ring {} bytes, {} in use{}", entry.port, to_string(entry.partner),
                       entry.owner, entry.ring_size, entry.fill, entry.broken ? ", broken" : "");
}

} // namespace libargo
