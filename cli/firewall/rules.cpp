// SPDX-License-Identifier: MIT
#include "firewall/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace argoctl::firewall {

namespace {

using std::string_view;

constexpr std::uint32_t last_port = std::numeric_limits<std::uint32_t>::max();
constexpr string_view vsock_prefix = "vsock:";

[[noreturn]] void reject(const std::string& what) { throw std::invalid_argument(what); }

std::vector<string_view> words_of(string_view line) {
    constexpr string_view blanks = " \t\r";
    std::vector<string_view> words;
    for (std::size_t at = line.find_first_not_of(blanks); at != string_view::npos;) {
        const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
        words.push_back(line.substr(at, end - at));
        at = line.find_first_not_of(blanks, end);
    }
    return words;
}

template <class Number> std::optional<Number> number(string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

struct ports {
    bool given = false;
    bool vsock = false;
    std::uint32_t first = 0;
    std::uint32_t last = last_port;
};

/// One side of a rule.
struct side {
    bool self = false;
    std::uint16_t domid = ARGO_DOMID_ANY;
    ports at;
};

ports parse_ports(string_view text) {
    ports out{.given = true};
    string_view range = text;
    if (range.starts_with(vsock_prefix)) {
        out.vsock = true;
        range.remove_prefix(vsock_prefix.size());
    }
    if (range == "any") {
        return out;
    }
    const std::size_t dash = range.find('-');
    const auto first = number<std::uint32_t>(range.substr(0, dash));
    const auto last = dash == string_view::npos ? first : number<std::uint32_t>(range.substr(dash + 1));
    if (!first || !last) {
        reject(fmt::format("'{}' are no ports; write 7000, 7000-7009, any, vsock:22, vsock:1024-4294967295", text));
    }
    if (*first > *last) {
        reject(fmt::format("'{}' has its larger port first", text));
    }
    out.first = *first;
    out.last = *last;
    return out;
}

std::uint16_t parse_domid(string_view text) {
    if (text == "any") {
        return ARGO_DOMID_ANY;
    }
    if (text == "cable") {
        return ARGO_DOMID_CABLE;
    }
    const auto domid = number<std::uint16_t>(text);
    if (!domid || *domid >= ARGO_DOMID_FIRST_RESERVED) {
        reject(fmt::format("'{}' is no domain; write a domain id, any, self, or cable", text));
    }
    return *domid;
}

side parse_side(string_view text) {
    const std::size_t colon = text.find(':');
    const string_view domain = text.substr(0, colon);
    side out;
    out.self = domain == "self";
    if (!out.self) {
        out.domid = parse_domid(domain);
    }
    if (colon != string_view::npos) {
        out.at = parse_ports(text.substr(colon + 1));
    }
    if (out.domid == ARGO_DOMID_CABLE && out.at.given) {
        reject("a cable has no port on its other side: the port that it is plugged into is this domain's");
    }
    return out;
}

std::uint8_t parse_verdict(string_view text) {
    if (text == "allow") {
        return ARGO_FIREWALL_ALLOW;
    }
    if (text == "deny") {
        return ARGO_FIREWALL_DENY;
    }
    reject(fmt::format("'{}' is no verdict; a line begins with allow, deny or default", text));
}

std::uint8_t protocol_of(const side& from, const side& to) {
    const bool vsock = from.at.vsock || to.at.vsock;
    for (const side& one : {from, to}) {
        if (vsock && one.at.given && !one.at.vsock) {
            reject("one side has ports of AF_VSOCK (vsock:), the other ports of Argo; a rule is about one of them");
        }
    }
    return vsock ? ARGO_FIREWALL_VSOCK : ARGO_FIREWALL_MESSAGES;
}

/// Self to self goes out.
bool goes_out(const side& from, const side& to) {
    if (!from.self && !to.self) {
        reject("neither side is self; a domain judges only what it sends and receives");
    }
    return from.self;
}

argo_firewall_rule make_rule(std::uint8_t verdict, bool log, const side& from, const side& to) {
    const bool out = goes_out(from, to);
    const side& local = out ? from : to;
    const side& remote = out ? to : from;
    if (remote.domid == ARGO_DOMID_CABLE && (!out || local.at.vsock)) {
        reject("only messages that this domain sends follow a cable; what comes along one has its sender's address");
    }
    argo_firewall_rule rule{};
    rule.direction = out ? ARGO_FIREWALL_OUT : ARGO_FIREWALL_IN;
    rule.protocol = protocol_of(from, to);
    rule.verdict = verdict;
    rule.flags = log ? ARGO_FIREWALL_LOG : 0;
    rule.domid = remote.self ? ARGO_DOMID_SELF : remote.domid;
    rule.local_first = local.at.first;
    rule.local_last = local.at.last;
    rule.remote_first = remote.at.first;
    rule.remote_last = remote.at.last;
    return rule;
}

/// VERDICT [log] FROM -> TO
argo_firewall_rule parse_rule(std::vector<string_view> words) {
    const std::uint8_t verdict = parse_verdict(words.front());
    const bool log = words.size() > 1 && words[1] == "log";
    words.erase(words.begin(), words.begin() + (log ? 2 : 1));
    if (words.size() != 3 || words[1] != "->") {
        reject("a rule is 'allow FROM -> TO' or 'deny log FROM -> TO', as in 'allow 3 -> self:7000-7009'");
    }
    return make_rule(verdict, log, parse_side(words[0]), parse_side(words[2]));
}

/// default DIRECTION VERDICT [log]
void parse_default(std::span<const string_view> words, rules& into, std::array<bool, ARGO_FIREWALL_DIRECTIONS>& given) {
    const bool log = words.size() == 4 && words[3] == "log";
    const bool in = words.size() > 1 && words[1] == direction_name(ARGO_FIREWALL_IN);
    const bool out = words.size() > 1 && words[1] == direction_name(ARGO_FIREWALL_OUT);
    if ((!in && !out) || (words.size() != 3 && !log)) {
        reject("a default is 'default in allow', 'default out deny log' or the like");
    }
    const std::size_t direction = in ? ARGO_FIREWALL_IN : ARGO_FIREWALL_OUT;
    if (std::exchange(given.at(direction), true)) {
        reject(fmt::format("there is a default for {} already", words[1]));
    }
    into.defaults.at(direction).verdict = parse_verdict(words[2]);
    into.defaults.at(direction).flags = log ? ARGO_FIREWALL_LOG : 0;
}

class reader {
public:
    void read(string_view line) {
        ++line_;
        const auto words = words_of(line.substr(0, line.find('#')));
        if (words.empty()) {
            return;
        }
        try {
            if (words.front() == "default") {
                parse_default(words, out_.found, defaults_given_);
            } else {
                add(parse_rule(words));
            }
        } catch (const std::invalid_argument& e) {
            out_.mistakes.push_back({line_, e.what()});
        }
    }

    reading result() && { return std::move(out_); }

private:
    void add(const argo_firewall_rule& rule) {
        if (out_.found.list.size() == ARGO_FIREWALL_MAX_RULES) {
            reject(fmt::format("there are more than {} rules", ARGO_FIREWALL_MAX_RULES));
        }
        out_.found.list.push_back(rule);
    }

    reading out_;
    std::size_t line_ = 0;
    std::array<bool, ARGO_FIREWALL_DIRECTIONS> defaults_given_{};
};

std::string ports_text(const argo_firewall_rule& rule, std::uint32_t first, std::uint32_t last, bool needed) {
    const string_view prefix = rule.protocol == ARGO_FIREWALL_VSOCK ? vsock_prefix : "";
    if (first == 0 && last == last_port) {
        return needed ? fmt::format(":{}any", prefix) : "";
    }
    return first == last ? fmt::format(":{}{}", prefix, first) : fmt::format(":{}{}-{}", prefix, first, last);
}

std::string domain_text(std::uint16_t domid) {
    switch (domid) {
    case ARGO_DOMID_ANY:
        return "any";
    case ARGO_DOMID_SELF:
        return "self";
    case ARGO_DOMID_CABLE:
        return "cable";
    default:
        return fmt::to_string(domid);
    }
}

string_view verdict_name(std::uint8_t verdict) { return verdict == ARGO_FIREWALL_ALLOW ? "allow" : "deny"; }

string_view log_word(std::uint8_t flags) { return (flags & ARGO_FIREWALL_LOG) != 0 ? " log" : ""; }

/// One port of one domain.
side parse_point(string_view text) {
    side out = parse_side(text);
    if (!out.self && out.domid == ARGO_DOMID_ANY) {
        reject(fmt::format("'{}' names no domain", text));
    }
    if (out.domid == ARGO_DOMID_CABLE) {
        return out;
    }
    if (!out.at.given || out.at.first != out.at.last) {
        reject(fmt::format("'{}' is no address; write DOMID:PORT, as in 3:5000, or DOMID:vsock:PORT", text));
    }
    return out;
}

} // namespace

reading parse(string_view text) {
    reader all;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        all.read(text.substr(at, end - at));
        at = end + 1;
    }
    return std::move(all).result();
}

flow parse_flow(string_view from, string_view to, std::uint16_t own) {
    side source = parse_point(from);
    side target = parse_point(to);
    for (side* one : {&source, &target}) {
        one->self = one->self || one->domid == own;
    }
    const argo_firewall_rule rule = make_rule(ARGO_FIREWALL_ALLOW, false, source, target);
    if (source.at.vsock != target.at.vsock) {
        reject("one address has a port of AF_VSOCK (vsock:), the other a port of Argo");
    }
    return {rule.direction, rule.protocol, rule.domid, rule.local_first, rule.remote_first};
}

std::string to_text(const argo_firewall_rule& rule) {
    const bool vsock = rule.protocol == ARGO_FIREWALL_VSOCK;
    const bool out = rule.direction == ARGO_FIREWALL_OUT;
    const bool local_named = rule.local_first != 0 || rule.local_last != last_port;
    // A rule for all of AF_VSOCK has to say so on one side: the one that is looked at first.
    const bool remote_named = rule.remote_first != 0 || rule.remote_last != last_port;
    const bool say_any = vsock && !local_named && !remote_named;
    const std::string local = "self" + ports_text(rule, rule.local_first, rule.local_last, say_any && !out);
    const std::string remote =
        domain_text(rule.domid) + ports_text(rule, rule.remote_first, rule.remote_last, say_any && out);
    return fmt::format("{}{} {} -> {}", verdict_name(rule.verdict), log_word(rule.flags), out ? local : remote,
                       out ? remote : local);
}

std::string to_text(const argo_firewall_default& fallback) {
    return fmt::format("{}{}", verdict_name(fallback.verdict), log_word(fallback.flags));
}

string_view direction_name(std::size_t direction) { return direction == ARGO_FIREWALL_IN ? "in" : "out"; }

} // namespace argoctl::firewall
