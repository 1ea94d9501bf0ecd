// SPDX-License-Identifier: MIT
// A policy's text as words, numbers and signs. The end of a line ends a statement, so it is a token.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace argopolicy {

/// In bytes, from 1.
struct place {
    unsigned line = 1;
    unsigned column = 1;
};

enum class token_kind : std::uint8_t { word, number, sign, line_end, end, unknown };

struct token {
    token_kind kind = token_kind::end;
    std::string text;
    place at;
};

/// The last token is `end`, and one `line_end` is before it.
[[nodiscard]] std::vector<token> tokens_of(std::string_view text);

/// For a message: "'db'", "the end of the line".
[[nodiscard]] std::string shown(const token& found);

} // namespace argopolicy
