// SPDX-License-Identifier: MIT
#include "output/table.hpp"

#include <gtest/gtest.h>

namespace argoctl::output {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirCells) {
    table out({{"N"}, {"NAME", align::left}, {"LONG TITLE"}});
    out.add({"1", "x", "2"});
    out.add({"12345", "longer", "3"});
    EXPECT_EQ(out.render(), "    N  NAME    LONG TITLE\n"
                            "    1  x                2\n"
                            "12345  longer           3\n");
}

TEST(Table, NoSpacesAtTheEndOfALine) {
    table out({{"A", align::left}, {"B", align::left}});
    out.add({"x"});
    EXPECT_EQ(out.render(), "A  B\nx\n");
}

TEST(Table, TitlesWithoutRows) { EXPECT_EQ(table({{"A"}, {"B"}}).render(), "A  B\n"); }

} // namespace
} // namespace argoctl::output
