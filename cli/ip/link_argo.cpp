// SPDX-License-Identifier: MIT
// ip link ... type argo: the options, for the ip(8) that the distribution has. It loads link_KIND.so by itself.
#include "iproute2.hpp"

#include <linux/argo.h>
#include <linux/argo_net.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// ip's own buffer for a request.
constexpr int room = 1024;
constexpr std::uint32_t last_domid = ARGO_DOMID_FIRST_RESERVED - 1;
constexpr std::uint32_t any_number = std::numeric_limits<std::uint32_t>::max();

constexpr const char* usage = R"(Usage: ... argo [ peer DOMID | peers DOMID,... | peers none ]
                [ port PORT ] [ ring_size BYTES ] [ trusted { on | off } ]
                [ attachment NAME ]

peer        point-to-point, to one domain
peers       domains that get broadcasts, beside those that sent a frame; changeable
port        Argo port, the same at all ends (41)
ring_size   of the receive ring
trusted     take frames with any source address, as from a bridge; changeable
attachment  hypervisor: the name of its device in /dev (argo)
)";

/// Decimal or 0x. Another text ends ip with a message.
std::uint32_t number(std::string_view text, std::uint32_t most, const char* otherwise) {
    const std::string argument{text};
    const bool hex = text.starts_with("0x");
    text.remove_prefix(hex ? 2 : 0);
    std::uint32_t value = 0;
    const auto* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value, hex ? 16 : 10);
    if (error != std::errc{} || end != last || value > most) {
        invarg(otherwise, argument.c_str());
    }
    return value;
}

template <class T> void put(nlmsghdr* message, int type, T value) {
    addattr_l(message, room, type, &value, sizeof(value));
}

void put_peers(nlmsghdr* message, std::string_view list) {
    std::vector<std::uint16_t> domids;
    if (list == "none") {
        list = {};
    }
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        domids.push_back(static_cast<std::uint16_t>(number(list.substr(0, comma), last_domid, "not a domain's id")));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    if (domids.size() > ARGO_NET_MAX_PEERS) {
        invarg("too many", std::to_string(domids.size()).c_str());
    }
    addattr_l(message, room, IFLA_ARGO_PEERS, domids.data(), static_cast<int>(domids.size() * sizeof(domids[0])));
}

std::uint8_t on_or_off(const char* text) {
    const std::string_view word{text};
    if (word != "on" && word != "off") {
        invarg("neither on nor off", text);
    }
    return word == "on" ? 1 : 0;
}

void put_option(nlmsghdr* message, const char* option, const char* value) {
    const std::string_view name{option};
    if (name == "peer") {
        put(message, IFLA_ARGO_PEER, static_cast<std::uint16_t>(number(value, last_domid, "not a domain's id")));
    } else if (name == "peers") {
        put_peers(message, value);
    } else if (name == "port") {
        put(message, IFLA_ARGO_PORT, number(value, any_number, "not a port"));
    } else if (name == "ring_size") {
        put(message, IFLA_ARGO_RING_SIZE, number(value, any_number, "not a size"));
    } else if (name == "trusted") {
        put(message, IFLA_ARGO_TRUSTED, on_or_off(value));
    } else if (name == "attachment") {
        addattr_l(message, room, IFLA_ARGO_ATTACHMENT, value, static_cast<int>(std::strlen(value)) + 1);
    } else {
        std::fputs(usage, stderr);
        invarg("no option of argo", option);
    }
}

int parse_opt(link_util* /*link*/, int argc, char** argv, nlmsghdr* message) {
    std::span<char*> words{argv, static_cast<std::size_t>(argc)};
    for (; !words.empty(); words = words.subspan(2)) {
        if (std::string_view{words[0]} == "help") {
            std::fputs(usage, stdout);
            return -1;
        }
        if (words.size() == 1) {
            incomplete_command();
        }
        put_option(message, words[0], words[1]);
    }
    return 0;
}

template <class T> T value_of(const rtattr* attribute) {
    T value{};
    std::memcpy(&value, RTA_DATA(attribute), sizeof(value));
    return value;
}

void print_peers(const rtattr* attribute) {
    std::vector<std::uint16_t> domids(RTA_PAYLOAD(attribute) / sizeof(std::uint16_t));
    std::memcpy(domids.data(), RTA_DATA(attribute), domids.size() * sizeof(domids[0]));
    open_json_array(PRINT_ANY, "peers");
    const char* format = " %u";
    for (const auto domid : domids) {
        print_color_uint(PRINT_ANY, COLOR_NONE, nullptr, format, domid);
        format = ",%u";
    }
    close_json_array(PRINT_ANY, " ");
}

void print_opt(link_util* /*link*/, std::FILE* /*out*/, rtattr** attributes) {
    if (attributes == nullptr) {
        return;
    }
    const std::span<rtattr*> have{attributes, IFLA_ARGO_MAX + 1};
    if (const auto* peer = have[IFLA_ARGO_PEER]) {
        print_color_uint(PRINT_ANY, COLOR_NONE, "peer", "peer %u ", value_of<std::uint16_t>(peer));
    }
    if (const auto* peers = have[IFLA_ARGO_PEERS]) {
        print_peers(peers);
    }
    if (const auto* port = have[IFLA_ARGO_PORT]) {
        print_color_uint(PRINT_ANY, COLOR_NONE, "port", "port %u ", value_of<std::uint32_t>(port));
    }
    if (const auto* size = have[IFLA_ARGO_RING_SIZE]) {
        print_color_uint(PRINT_ANY, COLOR_NONE, "ring_size", "ring_size %u ", value_of<std::uint32_t>(size));
    }
    if (const auto* trusted = have[IFLA_ARGO_TRUSTED]) {
        print_color_string(PRINT_ANY, COLOR_NONE, "trusted", "trusted %s ",
                           value_of<std::uint8_t>(trusted) != 0 ? "on" : "off");
    }
    if (const auto* name = have[IFLA_ARGO_ATTACHMENT]) {
        print_color_string(PRINT_ANY, COLOR_NONE, "attachment", "attachment %s ",
                           static_cast<const char*>(RTA_DATA(name)));
    }
}

void print_help(link_util* /*link*/, int /*argc*/, char** /*argv*/, std::FILE* out) { std::fputs(usage, out); }

} // namespace

// ip looks this up by name, and links it into its own list.
extern "C" {
extern link_util argo_link_util;
}
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
link_util argo_link_util{.next = nullptr,
                         .id = ARGO_NET_KIND,
                         .maxattr = IFLA_ARGO_MAX,
                         .parse_opt = parse_opt,
                         .print_opt = print_opt,
                         .print_xstats = nullptr,
                         .print_help = print_help,
                         .parse_ifla_xstats = nullptr,
                         .print_ifla_xstats = nullptr};
