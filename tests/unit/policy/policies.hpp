// SPDX-License-Identifier: MIT
#pragma once

#include "policy/parser.hpp"
#include "policy/resolve.hpp"

#include <gtest/gtest.h>

#include <string>

namespace argopolicy_test {

/// What is wrong, a line each, as "LINE:COLUMN: error: …".
inline std::string texts(const argopolicy::problems& found) {
    std::string all;
    for (const argopolicy::problem& one : found) {
        all += argopolicy::to_string(one, "p").substr(2) + "\n";
    }
    return all;
}

/// A policy without errors.
inline argopolicy::resolved good(const std::string& text) {
    argopolicy::problems found;
    argopolicy::resolved policy(argopolicy::parse(text, found), found);
    if (argopolicy::has_errors(found)) {
        throw std::runtime_error(texts(found));
    }
    return policy;
}

/// All that the parser and the resolver find wrong.
inline std::string wrong(const std::string& text) {
    argopolicy::problems found;
    const argopolicy::resolved policy(argopolicy::parse(text, found), found);
    return texts(found);
}

inline const std::string three = "domain dom0 id 0\n"
                                 "domain web id 3 tag guest\n"
                                 "domain db id 4 tag guest\n"
                                 "service postgres 5432\n";

} // namespace argopolicy_test
