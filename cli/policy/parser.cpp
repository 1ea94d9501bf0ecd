// SPDX-License-Identifier: MIT
#include "policy/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace argopolicy {

namespace {

/// Above it, ids have a special meaning.
constexpr std::uint32_t largest_domid = 0x7fef;

bool is_keyword(std::string_view word) {
    static constexpr std::array<std::string_view, 11> keywords{"domain", "service", "allow", "deny", "never", "any",
                                                               "vsock",  "id",      "type",  "tag",  "self"};
    return std::find(keywords.begin(), keywords.end(), word) != keywords.end();
}

/// Ends the statement that is wrong. Never leaves this file.
struct statement_error {
    problem found;
};

class parser {
public:
    parser(std::string_view text, problems& found) : tokens_(tokens_of(text)), problems_(found) {}

    policy_file parse();

private:
    void statement();
    void domain();
    void service();
    void rule(place at);
    side parse_side();
    std::vector<port_item> items(bool services);
    port_item item(bool services);
    port_range range(std::uint32_t smallest);
    std::uint32_t port(std::uint32_t smallest);
    std::string name(const std::string& what);
    void end_of_statement(const std::string& or_else);

    [[nodiscard]] const token& here() const { return tokens_[at_]; }
    [[nodiscard]] bool is(token_kind kind, std::string_view text) const {
        return here().kind == kind && here().text == text;
    }
    bool take(token_kind kind, std::string_view text) {
        if (!is(kind, text)) {
            return false;
        }
        ++at_;
        return true;
    }
    [[noreturn]] void expected(const std::string& what) const {
        throw statement_error{{here().at, fmt::format("found {}, expected {}", shown(here()), what), false}};
    }
    [[noreturn]] static void wrong(place at, const std::string& what) { throw statement_error{{at, what, false}}; }

    std::vector<token> tokens_;
    std::size_t at_ = 0;
    problems& problems_;
    policy_file policy_;
};

policy_file parser::parse() {
    while (here().kind != token_kind::end) {
        try {
            statement();
        } catch (const statement_error& error) {
            problems_.push_back(error.found);
            while (here().kind != token_kind::line_end) {
                ++at_;
            }
            ++at_;
        }
    }
    return std::move(policy_);
}

void parser::statement() {
    const place at = here().at;
    if (take(token_kind::line_end, "\n")) {
        return;
    }
    if (take(token_kind::word, "domain")) {
        domain();
    } else if (take(token_kind::word, "service")) {
        service();
    } else {
        rule(at);
    }
}

std::string parser::name(const std::string& what) {
    if (here().kind != token_kind::word) {
        expected(what);
    }
    if (is_keyword(here().text)) {
        wrong(here().at, fmt::format("'{}' is a word of the language, expected {}", here().text, what));
    }
    if (here().text.find('*') != std::string::npos) {
        wrong(here().at, fmt::format("'{}' is a pattern, expected {}", here().text, what));
    }
    return tokens_[at_++].text;
}

void parser::end_of_statement(const std::string& or_else) {
    if (!take(token_kind::line_end, "\n")) {
        expected(or_else + " or the end of the line");
    }
}

void parser::domain() {
    domain_line made;
    made.at = here().at;
    made.name = name("a name for the domain");
    if (take(token_kind::word, "id")) {
        const auto id = number_of(here().text, largest_domid);
        if (here().kind != token_kind::number || !id) {
            expected(fmt::format("a domain id from 0 to {}", largest_domid));
        }
        made.id = static_cast<std::uint16_t>(*id);
        ++at_;
    }
    if (take(token_kind::word, "type")) {
        if (here().text.find_first_of("-.") != std::string::npos) {
            expected("a type of the Flask policy, of letters, digits and '_'");
        }
        made.type = name("a type of the Flask policy");
    }
    if (take(token_kind::word, "tag")) {
        do {
            made.tags.push_back(name("a tag"));
        } while (take(token_kind::sign, ","));
    }
    end_of_statement("'id', 'type', 'tag' (in this order)");
    policy_.domains.push_back(std::move(made));
}

void parser::service() {
    service_line made;
    made.at = here().at;
    made.name = name("a name for the service");
    made.items = items(false);
    end_of_statement("','");
    policy_.services.push_back(std::move(made));
}

void parser::rule(place at) {
    rule_line made;
    made.at = at;
    if (take(token_kind::word, "deny")) {
        made.what = action::deny;
    } else if (take(token_kind::word, "never")) {
        made.what = action::never;
    } else {
        take(token_kind::word, "allow");
    }
    made.from = parse_side();
    if (take(token_kind::sign, "<->")) {
        made.both_ways = true;
    } else if (!take(token_kind::sign, "->")) {
        expected("'->' or '<->'");
    }
    made.to = parse_side();
    if (!take(token_kind::sign, ":")) {
        expected("':' and a service or ports");
    }
    made.items = items(true);
    end_of_statement("','");
    policy_.rules.push_back(std::move(made));
}

side parser::parse_side() {
    side made;
    made.at = here().at;
    if (take(token_kind::sign, "@")) {
        made.kind = side::kind_type::tag;
        made.text = name("a tag");
    } else if (!take(token_kind::word, "any")) {
        made.kind = side::kind_type::name;
        if (here().kind != token_kind::word || is_keyword(here().text)) {
            expected("a domain, a pattern as guest*, '@' and a tag, or 'any'");
        }
        made.text = tokens_[at_++].text;
    }
    return made;
}

std::vector<port_item> parser::items(bool services) {
    std::vector<port_item> made;
    do {
        made.push_back(item(services));
    } while (take(token_kind::sign, ","));
    return made;
}

port_item parser::item(bool services) {
    port_item made;
    made.at = here().at;
    if (take(token_kind::word, "vsock")) {
        made.space = port_space::vsock;
        if (!take(token_kind::sign, ":")) {
            expected("':' and a port of AF_VSOCK");
        }
        if (!take(token_kind::word, "any")) {
            made.range = range(0);
        }
    } else if (here().kind == token_kind::number) {
        made.range = range(1);
    } else if (!take(token_kind::word, "any")) {
        if (!services) {
            expected("a port as 5432, ports as 7000-7009, or one of AF_VSOCK as vsock:22");
        }
        made.service = name("a service, a port as 5432, one of AF_VSOCK as vsock:22, or 'any'");
    }
    return made;
}

port_range parser::range(std::uint32_t smallest) {
    const place at = here().at;
    const std::uint32_t first = port(smallest);
    if (!take(token_kind::sign, "-")) {
        return {first, first};
    }
    const std::uint32_t last = port(smallest);
    if (last < first) {
        wrong(at, fmt::format("the range {}-{} ends before it begins", first, last));
    }
    return {first, last};
}

std::uint32_t parser::port(std::uint32_t smallest) {
    const auto value = number_of(here().text, UINT32_MAX);
    if (here().kind != token_kind::number || !value || *value < smallest) {
        expected(fmt::format("a port from {} to {}", smallest, UINT32_MAX));
    }
    ++at_;
    return *value;
}

} // namespace

std::optional<std::uint32_t> number_of(std::string_view text, std::uint32_t largest) {
    std::uint32_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (text.empty() || error != std::errc() || end != last || value > largest) {
        return std::nullopt;
    }
    return value;
}

policy_file parse(std::string_view text, problems& found) { return parser(text, found).parse(); }

} // namespace argopolicy
