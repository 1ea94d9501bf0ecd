// SPDX-License-Identifier: MIT
// docs/errors.md and the library's texts are the same.
#include <libargo/error.hpp>
#include <libargo/vsock/error.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace libargo::test {
namespace {

constexpr int most_errnos = 4096; // MAX_ERRNO of the kernel, and one

error_code errno_code(int err) { return {err, boost::system::system_category()}; }

int number_of(const std::string& name) {
    for (int err = 1; err < most_errnos; ++err) {
        const char* const known = ::strerrorname_np(err);
        if (known != nullptr && name == known) {
            return err;
        }
    }
    throw std::invalid_argument("docs/errors.md has an unknown errno: " + name);
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    return first == text.npos ? "" : std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

struct row {
    std::string meaning;
    std::string advice;
};

/// The row "| ERRNO | meaning | advice |".
std::pair<int, row> parse(const std::string& line) {
    const auto second = line.find('|', 1);
    const auto third = line.find('|', second + 1);
    const auto last = line.find('|', third + 1);
    if (last + 1 != line.size()) {
        throw std::invalid_argument("docs/errors.md has a row of another shape: " + line);
    }
    return {number_of(trimmed(line.substr(1, second - 1))),
            {trimmed(line.substr(second + 1, third - second - 1)), trimmed(line.substr(third + 1, last - third - 1))}};
}

/// The rows between two headings of the document.
std::map<int, row> table(const std::string& from, const std::string& to) {
    std::ifstream in(ARGO_ERRORS_DOC);
    std::map<int, row> rows;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("#")) {
            inside = line == from || (inside && line != to);
        } else if (inside && line.starts_with("| E") && !rows.insert(parse(line)).second) {
            throw std::invalid_argument("docs/errors.md has two rows of one errno: " + line);
        }
    }
    return rows;
}

const std::string device_heading = "# Errors of /dev/argo";
const std::string vsock_heading = "## AF_VSOCK over Argo";

TEST(errors_doc, has_the_texts_of_the_device) {
    const auto rows = table(device_heading, vsock_heading);
    ASSERT_FALSE(rows.empty());
    for (const auto& [err, texts] : rows) {
        EXPECT_EQ(meaning(errno_code(err)), texts.meaning);
        EXPECT_EQ(advice(errno_code(err)), texts.advice);
    }
    for (int err = 1; err < most_errnos; ++err) {
        EXPECT_EQ(meaning(errno_code(err)).empty(), !rows.contains(err)) << err;
    }
}

TEST(errors_doc, has_the_texts_of_vsock) {
    const auto rows = table(vsock_heading, "");
    ASSERT_FALSE(rows.empty());
    for (const auto& [err, texts] : rows) {
        EXPECT_EQ(vsock::advice(errno_code(err)), texts.advice);
    }
    for (int err = 1; err < most_errnos; ++err) {
        EXPECT_EQ(vsock::advice(errno_code(err)).empty(), !rows.contains(err)) << err;
    }
}

TEST(errors_doc, quota_has_nothing_to_do_with_disks) {
    EXPECT_NE(meaning(errno_code(EDQUOT)).find("as many rings"), std::string_view::npos);
    EXPECT_NE(advice(errno_code(EDQUOT)).find("max_user_rings"), std::string_view::npos);
    EXPECT_NE(advice(errno_code(EDQUOT)).find("CAP_SYS_RESOURCE"), std::string_view::npos);
}

} // namespace
} // namespace libargo::test
