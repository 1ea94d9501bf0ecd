// SPDX-License-Identifier: MIT
#include "output/table.hpp"

#include <algorithm>
#include <utility>

namespace argoctl::output {

namespace {

constexpr std::string_view gap = "  ";

void append_cell(std::string& line, const std::string& text, std::size_t width, align side) {
    const std::string fill(width - std::min(width, text.size()), ' ');
    line += side == align::right ? fill + text : text + fill;
}

} // namespace

table::table(std::vector<column> columns) : columns_(std::move(columns)) {}

void table::add(std::vector<std::string> cells) {
    cells.resize(columns_.size());
    rows_.push_back(std::move(cells));
}

std::string table::render() const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t width = columns_[i].title.size();
        for (const auto& row : rows_) {
            width = std::max(width, row[i].size());
        }
        widths.push_back(width);
    }

    std::string out;
    const auto append_line = [&](const auto& cell_at) {
        std::string line;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (i != 0) {
                line += gap;
            }
            append_cell(line, cell_at(i), widths[i], columns_[i].side);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    };
    append_line([&](std::size_t i) { return columns_[i].title; });
    for (const auto& row : rows_) {
        append_line([&](std::size_t i) { return row[i]; });
    }
    return out;
}

} // namespace argoctl::output
