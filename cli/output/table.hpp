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

/// A table whose columns are as wide as their widest cell, with two spaces between them and none at the end of a line.
class table {
public:
    explicit table(std::vector<column> columns);

    /// Adds a row. Missing cells are empty, and further cells are dropped.
    void add(std::vector<std::string> cells);

    [[nodiscard]] std::string render() const;

private:
    std::vector<column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace argoctl::output
