// SPDX-License-Identifier: MIT
#include "policy/import.hpp"

#include "policy/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace argopolicy {

namespace {

struct end_point {
    /// Empty: any.
    std::string domain;
    std::optional<std::uint32_t> port;

    friend bool operator==(const end_point&, const end_point&) = default;
};

struct imported {
    end_point from;
    end_point to;
    bool accept = true;
    unsigned line = 0;

    [[nodiscard]] bool matches_all() const { return from == end_point{} && to == end_point{}; }
    [[nodiscard]] bool same(const imported& other) const {
        return from == other.from && to == other.to && accept == other.accept;
    }
};

struct import_error {
    std::string text;
};

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    while (true) {
        const std::size_t begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos || line[begin] == '#') {
            return words;
        }
        line.remove_prefix(begin);
        const std::size_t n = std::min(line.find_first_of(" \t\r"), line.size());
        words.emplace_back(line.substr(0, n));
        line.remove_prefix(n);
    }
}

std::uint32_t port_of(const std::string& text) {
    const auto port = number_of(text, UINT32_MAX);
    if (!port || *port == 0) {
        throw import_error{fmt::format("found '{}', expected a port", text)};
    }
    return *port;
}

/// The name of a domain in the policy: "dom3" for an id, else the word made fit.
std::string name_of(std::string word) {
    if (number_of(word, 0x7fef)) {
        return "dom" + word;
    }
    if (word.starts_with("dom-name=")) {
        word.erase(0, word.find('=') + 1);
    }
    std::replace_if(
        word.begin(), word.end(),
        [](char c) {
            return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_');
        },
        '_');
    while (!word.empty() && word.back() == '-') {
        word.back() = '_';
    }
    static const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    // A name of the language begins with a letter, and has no two hyphens in a row.
    const bool fit = !word.empty() && letters.find(word.front()) != std::string::npos &&
                     word.find("--") == std::string::npos && word.find("-.") == std::string::npos;
    static const std::set<std::string> taken{"domain", "service", "allow", "deny", "never", "any",
                                             "vsock",  "id",      "type",  "tag",  "self"};
    if (fit && !taken.contains(word)) {
        return word;
    }
    std::replace(word.begin(), word.end(), '-', '_');
    return "vm_" + word;
}

end_point end_point_of(const std::string& word) {
    const std::size_t colon = word.find(':');
    end_point made;
    const std::string domain = word.substr(0, colon);
    if (domain.empty()) {
        throw import_error{fmt::format("found '{}', expected a domain", word)};
    }
    made.domain = domain == "*" ? "" : domain;
    if (colon != std::string::npos) {
        made.port = port_of(word.substr(colon + 1));
    }
    return made;
}

class importer {
public:
    explicit importer(problems& found) : problems_(found) {}

    void line(std::string_view text, unsigned number);
    policy_file result();

private:
    enum class command_kind : std::uint8_t { none, append, insert, remove };

    struct command {
        command_kind kind = command_kind::none;
        std::size_t position = 0;
        imported rule;
        bool judged = false;
    };

    void viptables(const std::vector<std::string>& words, unsigned number);
    static std::size_t option(const std::vector<std::string>& words, std::size_t at, command& made);
    static void match_option(const std::string& name, const std::string& value, command& made);
    void apply(const command& made);
    void warn(unsigned number, std::string text) { problems_.push_back({{number, 1}, std::move(text), true}); }
    void convert(const imported& one, policy_file& made);
    static void declare(const std::string& domain, policy_file& made);
    static side side_of(const std::string& domain);

    std::vector<imported> rules_;
    problems& problems_;
    bool viptables_ = false;
    unsigned last_ = 1;
};

void importer::line(std::string_view text, unsigned number) {
    const std::vector<std::string> words = words_of(text);
    last_ = number;
    try {
        if (words.empty()) {
            return;
        }
        if (words.front().ends_with("viptables")) {
            viptables(words, number);
        } else if (words.size() == 3 && words[1] == "->") {
            rules_.push_back({end_point_of(words[0]), end_point_of(words[2]), true, number});
        } else {
            throw import_error{
                fmt::format("found '{}', expected 'viptables …' or 'FROM[:PORT] -> TO[:PORT]'", words.front())};
        }
    } catch (const import_error& error) {
        problems_.push_back({{number, 1}, error.text, false});
    }
}

void importer::viptables(const std::vector<std::string>& words, unsigned number) {
    viptables_ = true;
    command made;
    made.rule.line = number;
    for (std::size_t at = 1; at < words.size();) {
        if (words[at] == "-F" || words[at] == "--flush") {
            rules_.clear();
            return;
        }
        at = option(words, at, made);
    }
    apply(made);
}

/// Where the next option is.
std::size_t importer::option(const std::vector<std::string>& words, std::size_t at, command& made) {
    const std::string& name = words[at];
    if (name == "-A" || name == "--append") {
        made.kind = command_kind::append;
        return at + 1;
    }
    if (name == "-I" || name == "--insert" || name == "-D" || name == "--delete") {
        made.kind = name == "-I" || name == "--insert" ? command_kind::insert : command_kind::remove;
        if (at + 1 < words.size() && number_of(words[at + 1], 1000000)) {
            made.position = *number_of(words[at + 1], 1000000);
            return at + 2;
        }
        return at + 1;
    }
    if (at + 1 == words.size()) {
        throw import_error{fmt::format("found the end of the line, expected a value for {}", name)};
    }
    match_option(name, words[at + 1], made);
    return at + 2;
}

void importer::match_option(const std::string& name, const std::string& value, command& made) {
    if (name == "--dom-in") {
        made.rule.from.domain = value;
    } else if (name == "--dom-out") {
        made.rule.to.domain = value;
    } else if (name == "--port-in") {
        made.rule.from.port = port_of(value);
    } else if (name == "--port-out") {
        made.rule.to.port = port_of(value);
    } else if (name == "-j" || name == "--jump") {
        if (value != "ACCEPT" && value != "REJECT" && value != "DROP") {
            throw import_error{fmt::format("found '{}', expected ACCEPT or REJECT", value)};
        }
        made.rule.accept = value == "ACCEPT";
        made.judged = true;
    } else {
        throw import_error{fmt::format("found '{}', expected -A, -I, -D, -F, --dom-in, --dom-out, --port-in, "
                                       "--port-out or -j",
                                       name)};
    }
}

void importer::apply(const command& made) {
    if (made.kind == command_kind::remove && made.position != 0) {
        if (made.position > rules_.size()) {
            throw import_error{fmt::format("there is no rule {} to delete", made.position)};
        }
        rules_.erase(rules_.begin() + static_cast<std::ptrdiff_t>(made.position - 1));
        return;
    }
    if (made.kind == command_kind::none || !made.judged) {
        throw import_error{"expected -A, -I or -D, and -j ACCEPT or -j REJECT"};
    }
    if (made.kind == command_kind::remove) {
        const auto old =
            std::find_if(rules_.begin(), rules_.end(), [&](const imported& one) { return one.same(made.rule); });
        if (old == rules_.end()) {
            throw import_error{"there is no such rule to delete"};
        }
        rules_.erase(old);
        return;
    }
    const std::size_t at =
        made.kind == command_kind::append ? rules_.size() : std::max<std::size_t>(made.position, 1) - 1;
    rules_.insert(rules_.begin() + static_cast<std::ptrdiff_t>(std::min(at, rules_.size())), made.rule);
}

policy_file importer::result() {
    policy_file made;
    bool closed = !viptables_;
    for (const imported& one : rules_) {
        if (one.matches_all() && !one.accept) {
            // What no rule allows is denied here anyway, and no rule behind it is reached.
            closed = true;
            break;
        }
        closed = closed || one.matches_all();
        convert(one, made);
    }
    if (!closed) {
        warn(last_, "viptables accepts what no rule matches, and a policy denies it; write 'any -> any : any' at its "
                    "end if that was meant");
    }
    std::stable_sort(made.domains.begin(), made.domains.end(),
                     [](const domain_line& left, const domain_line& right) { return left.name < right.name; });
    return made;
}

void importer::convert(const imported& one, policy_file& made) {
    if (one.from.port && (!one.accept || !one.to.port)) {
        warn(one.line, one.accept ? "left out: it looks like the way back to a client, which each rule of a policy "
                                    "opens by itself"
                                  : "left out: a policy cannot judge by the port that a message comes from");
        return;
    }
    if (one.from.port) {
        warn(one.line, "a policy does not judge by the port that a message comes from: any will do");
    }
    if (one.to.domain.empty() || one.from.domain.empty()) {
        warn(one.line, "'any' is every domain that the policy names, not every domain");
    }
    if (one.accept && one.to.port && *one.to.port == vsock_carrier) {
        warn(one.line, "port 40 is that of AF_VSOCK: this opens all of its ports");
    }
    rule_line rule;
    rule.what = one.accept ? action::allow : action::deny;
    rule.from = side_of(one.from.domain);
    rule.to = side_of(one.to.domain);
    port_item item;
    if (one.to.port) {
        item.range = port_range{*one.to.port, *one.to.port};
    }
    rule.items.push_back(item);
    made.rules.push_back(std::move(rule));
    declare(one.from.domain, made);
    declare(one.to.domain, made);
}

side importer::side_of(const std::string& domain) {
    side made;
    if (domain.starts_with("dom-type=")) {
        made.kind = side::kind_type::tag;
        made.text = name_of(domain.substr(domain.find('=') + 1));
    } else if (!domain.empty()) {
        made.kind = side::kind_type::name;
        made.text = name_of(domain);
    }
    return made;
}

void importer::declare(const std::string& domain, policy_file& made) {
    if (domain.empty()) {
        return;
    }
    domain_line line;
    const side one = side_of(domain);
    line.name = one.text;
    if (one.kind == side::kind_type::tag) {
        // A domain of the type is to be named by hand; this one keeps the tag known.
        line.name = "some_" + one.text;
        line.tags.push_back(one.text);
    }
    if (const auto id = number_of(domain, 0x7fef)) {
        line.id = static_cast<std::uint16_t>(*id);
    }
    if (std::none_of(made.domains.begin(), made.domains.end(),
                     [&](const domain_line& old) { return old.name == line.name; })) {
        made.domains.push_back(std::move(line));
    }
}

} // namespace

policy_file import_rules(std::string_view text, problems& found) {
    importer all(found);
    for (unsigned number = 1; !text.empty(); ++number) {
        const std::size_t n = std::min(text.find('\n'), text.size());
        all.line(text.substr(0, n), number);
        text.remove_prefix(std::min(n + 1, text.size()));
    }
    return all.result();
}

} // namespace argopolicy
