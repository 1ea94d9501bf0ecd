// SPDX-License-Identifier: MIT
#include "virtiod/config.hpp"

#include <linux/argo.h>
#include <linux/virtio_blk.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace argovirtiod {
namespace {

using std::string_view;

constexpr std::uint16_t last_number = 255;

[[noreturn]] void reject(const std::string& what) { throw std::invalid_argument(what); }

template <class Number> std::optional<Number> number(string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// Blanks end a word, but not between quotation marks; # begins a comment where a word would begin.
std::vector<std::string> words_of(string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool inside = false;
    bool quoted = false;
    for (const char c : line) {
        const bool blank = !quoted && (c == ' ' || c == '\t' || c == '\r');
        if (!inside && !blank && c == '#') {
            break;
        }
        if (blank) {
            if (std::exchange(inside, false)) {
                words.push_back(std::exchange(word, {}));
            }
            continue;
        }
        inside = true;
        if (c == '"') {
            quoted = !quoted;
        } else {
            word += c;
        }
    }
    if (quoted) {
        reject("a quotation mark is not closed");
    }
    if (inside) {
        words.push_back(std::move(word));
    }
    return words;
}

device_name parse_name(string_view text) {
    const std::size_t colon = text.find(':');
    const auto domid = number<std::uint16_t>(text.substr(0, colon));
    const auto index = colon == string_view::npos ? std::nullopt : number<std::uint16_t>(text.substr(colon + 1));
    if (!domid || !index) {
        reject(fmt::format("'{}' is no device; a line begins with DOMAIN:NUMBER, as in 3:1", text));
    }
    if (*domid >= ARGO_DOMID_FIRST_RESERVED) {
        reject(fmt::format("{} is no id of a domain", *domid));
    }
    if (*index == 0 || *index > last_number) {
        reject(fmt::format("{} is no number of a device; write 1 to {}", *index, last_number));
    }
    return {*domid, *index};
}

device_kind parse_kind(string_view text) {
    if (text == "block") {
        return device_kind::block;
    }
    if (text == "entropy") {
        return device_kind::entropy;
    }
    reject(fmt::format("'{}' is no kind of device; write block or entropy", text));
}

std::uint32_t parse_port(string_view text) {
    const auto port = number<std::uint32_t>(text);
    if (!port || *port == 0 || *port >= ARGO_PORT_EPHEMERAL) {
        reject(fmt::format("'{}' is no port", text));
    }
    if (*port == ARGO_PORT_VIRTIO_BUS) {
        reject(fmt::format("port {} is the bus's, by which domains find their devices", *port));
    }
    return *port;
}

void parse_block_option(device_spec& into, string_view key, string_view value) {
    if (key == "file" && !value.empty()) {
        into.file = value;
    } else if (key == "serial") {
        if (value.size() > VIRTIO_BLK_ID_BYTES) {
            reject(fmt::format("the serial number has {} bytes; {} is the most", value.size(), VIRTIO_BLK_ID_BYTES));
        }
        into.serial = value;
    } else if (key == "cache" && (value == "writeback" || value == "writethrough")) {
        into.write_through = value == "writethrough";
    } else if (key == "cache") {
        reject(fmt::format("'{}' is no cache; write writeback or writethrough", value));
    } else {
        reject(
            fmt::format("a block device has no option '{}'; it has file=, serial=, cache=, read-only and port=", key));
    }
}

void parse_option(device_spec& into, string_view word) {
    const std::size_t sign = word.find('=');
    const string_view key = word.substr(0, sign);
    const string_view value = sign == string_view::npos ? string_view() : word.substr(sign + 1);
    if (key == "port" && sign != string_view::npos) {
        into.port = parse_port(value);
    } else if (into.kind != device_kind::block) {
        reject(fmt::format("an entropy device has no option '{}'; it has port=", word));
    } else if (word == "read-only") {
        into.read_only = true;
    } else {
        parse_block_option(into, key, value);
    }
}

device_spec parse_device(const std::vector<std::string>& words) {
    if (words.size() < 2) {
        reject("a line is 'DOMAIN:NUMBER KIND [OPTION…]', as in '3:1 block file=/srv/disk.img'");
    }
    device_spec made{.name = parse_name(words[0]), .kind = parse_kind(words[1])};
    std::set<string_view> given;
    for (std::size_t i = 2; i < words.size(); ++i) {
        const string_view key = string_view(words[i]).substr(0, words[i].find('='));
        if (!given.insert(key).second) {
            reject(fmt::format("'{}' is there twice", key));
        }
        parse_option(made, words[i]);
    }
    if (made.kind == device_kind::block && made.file.empty()) {
        reject("a block device needs file=PATH");
    }
    if (!made.file.empty() && made.file.front() != '/') {
        reject(fmt::format("'{}' is no absolute path", made.file));
    }
    return made;
}

void add(reading& into, std::size_t line, string_view text) {
    try {
        const auto words = words_of(text);
        if (words.empty()) {
            return;
        }
        auto made = parse_device(words);
        const bool taken = std::any_of(into.devices.begin(), into.devices.end(),
                                       [&](const device_spec& other) { return other.name == made.name; });
        if (taken) {
            reject(fmt::format("there is a device {} already", to_string(made.name)));
        }
        into.devices.push_back(std::move(made));
    } catch (const std::invalid_argument& e) {
        into.mistakes.push_back({line, e.what()});
    }
}

} // namespace

std::string to_string(const device_name& name) { return fmt::format("{}:{}", name.domid, name.number); }

reading parse(string_view text) {
    reading out;
    std::size_t line = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        add(out, ++line, text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

} // namespace argovirtiod
