// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace argoctl::output {

enum class align { left, right };

struct column {
    std::string title;
    align side = align::right;
};

/// Columns as wide as their widest cell, two spaces between them, no spaces at the end of a line.
class table {
public:
    explicit table(std::vector<column> columns);

    /// As many cells as there are columns; missing ones are empty, further ones are dropped.
    void add(std::vector<std::string> cells);

    [[nodiscard]] std::string render() const;

private:
    std::vector<column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace argoctl::output
