// SPDX-License-Identifier: MIT
#include "policy/lexer.hpp"

#include <algorithm>
#include <fmt/format.h>

#include <array>

namespace argopolicy {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool begins_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '*'; }

bool continues_word(char c) { return begins_word(c) || is_digit(c) || c == '.'; }

std::size_t length_of_word(std::string_view rest) {
    std::size_t n = 1;
    // A hyphen is part of a name when the name goes on behind it: "web-1", but not the arrow of "web->db".
    while (n < rest.size() &&
           (continues_word(rest[n]) || (rest[n] == '-' && n + 1 < rest.size() && continues_word(rest[n + 1])))) {
        ++n;
    }
    return n;
}

std::size_t length_of_number(std::string_view rest) {
    std::size_t n = 1;
    while (n < rest.size() && (is_digit(rest[n]) || begins_word(rest[n]))) {
        ++n;
    }
    return n;
}

std::size_t length_of_sign(std::string_view rest) {
    static constexpr std::array<std::string_view, 6> signs{"<->", "->", ":", ",", "@", "-"};
    for (const std::string_view sign : signs) {
        if (rest.starts_with(sign)) {
            return sign.size();
        }
    }
    return 0;
}

/// The token at the beginning of @p rest, which is neither blank nor a comment.
token next(std::string_view rest, place at) {
    if (rest.front() == '\n') {
        return {token_kind::line_end, "\n", at};
    }
    if (begins_word(rest.front())) {
        return {token_kind::word, std::string(rest.substr(0, length_of_word(rest))), at};
    }
    if (is_digit(rest.front())) {
        return {token_kind::number, std::string(rest.substr(0, length_of_number(rest))), at};
    }
    if (const std::size_t n = length_of_sign(rest); n != 0) {
        return {token_kind::sign, std::string(rest.substr(0, n)), at};
    }
    return {token_kind::unknown, std::string(rest.substr(0, 1)), at};
}

} // namespace

std::vector<token> tokens_of(std::string_view text) {
    std::vector<token> made;
    place at;
    while (!text.empty()) {
        std::size_t n = 1;
        if (text.front() == '#') {
            n = std::min(text.find('\n'), text.size());
        } else if (text.front() != ' ' && text.front() != '\t' && text.front() != '\r') {
            made.push_back(next(text, at));
            n = made.back().text.size();
        }
        at.column += static_cast<unsigned>(n);
        if (text.front() == '\n') {
            at = {at.line + 1, 1};
        }
        text.remove_prefix(n);
    }
    made.push_back({token_kind::line_end, "\n", at});
    made.push_back({token_kind::end, "", at});
    return made;
}

std::string shown(const token& found) {
    switch (found.kind) {
    case token_kind::line_end:
        return "the end of the line";
    case token_kind::end:
        return "the end of the file";
    case token_kind::unknown: {
        const auto byte = static_cast<unsigned char>(found.text.front());
        if (byte < 0x20 || byte > 0x7e) {
            return fmt::format("the byte 0x{:02x}", byte);
        }
        return "'" + found.text + "'";
    }
    default:
        return "'" + found.text + "'";
    }
}

} // namespace argopolicy
