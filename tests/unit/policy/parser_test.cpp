// SPDX-License-Identifier: MIT
#include "policies.hpp"

namespace {

using namespace argopolicy_test;
using argopolicy::problems;

/// What is parsed, written again.
std::string again(const std::string& text) {
    problems found;
    std::string written = to_string(argopolicy::parse(text, found));
    EXPECT_EQ(texts(found), "");
    return written;
}

std::string parse_errors(const std::string& text) {
    problems found;
    static_cast<void>(argopolicy::parse(text, found));
    return texts(found);
}

TEST(parser, everything_that_can_be_written) {
    EXPECT_EQ(again("domain dom0 id 0 type dom0_t tag a, b # the host\r\n"
                    "\n"
                    "\tdomain web-1.x\n"
                    "service storage 7000-7009 ,7100,vsock:22, vsock:1-5, vsock:any\n"
                    "web-1.x->dom0:storage\n"
                    "deny guest* <-> @a : any, 5, vsock:any\n"
                    "never any -> any : 1-4294967295"),
              "domain dom0 id 0 type dom0_t tag a, b\n"
              "domain web-1.x\n"
              "service storage 7000-7009, 7100, vsock:22, vsock:1-5, vsock:any\n"
              "allow web-1.x -> dom0 : storage\n"
              "deny guest* <-> @a : any, 5, vsock:any\n"
              "never any -> any : 1-4294967295\n");
}

TEST(parser, an_empty_file_says_nothing) {
    EXPECT_EQ(again(""), "");
    EXPECT_EQ(again("# nothing"), "");
}

TEST(parser, errors_of_several_lines_are_all_told) {
    EXPECT_EQ(
        parse_errors("domain\n"
                     "web => db : 5\n"
                     "web -> db\n"
                     "domain x id 40000\n"
                     "web -> db : 5432 6\n"
                     "service s web\n"),
        "1:7: error: found the end of the line, expected a name for the domain\n"
        "2:5: error: found '=', expected '->' or '<->'\n"
        "3:10: error: found the end of the line, expected ':' and a service or ports\n"
        "4:13: error: found '40000', expected a domain id from 0 to 32751\n"
        "5:18: error: found '6', expected ',' or the end of the line\n"
        "6:11: error: found 'web', expected a port as 5432, ports as 7000-7009, or one of AF_VSOCK as vsock:22\n");
}

TEST(parser, ports_have_bounds) {
    EXPECT_EQ(parse_errors("a -> b : 0\na -> b : 4294967296\na -> b : 5-4\na -> b : 12x\na -> b : vsock:0\n"),
              "1:10: error: found '0', expected a port from 1 to 4294967295\n"
              "2:10: error: found '4294967296', expected a port from 1 to 4294967295\n"
              "3:10: error: the range 5-4 ends before it begins\n"
              "4:10: error: found '12x', expected a port from 1 to 4294967295\n");
}

TEST(parser, words_of_the_language_are_no_names) {
    EXPECT_EQ(parse_errors("domain any\nallow allow -> b : 5\ndomain gue*\n"),
              "1:8: error: 'any' is a word of the language, expected a name for the domain\n"
              "2:7: error: found 'allow', expected a domain, a pattern as guest*, '@' and a tag, or 'any'\n"
              "3:8: error: 'gue*' is a pattern, expected a name for the domain\n");
}

TEST(parser, bytes_that_are_no_text_are_shown_as_numbers) {
    EXPECT_EQ(parse_errors(std::string("a -> \xff : 5\n")),
              "1:6: error: found the byte 0xff, expected a domain, a pattern as guest*, '@' and a tag, or 'any'\n");
}

TEST(resolver, unknown_and_double_names_are_errors) {
    EXPECT_EQ(wrong(three + "domain web id 4\nweb -> nobody : nothing\n@none -> web : 5\nservice postgres 1\n"
                            "gues* -> web : 5\n"),
              "5:8: error: the domain web is in line 2 already\n"
              "5:8: error: the id 4 is that of db in line 3\n"
              "8:9: error: there is a service postgres already\n"
              "6:8: error: there is no domain nobody; a line 'domain nobody' makes it known\n"
              "6:17: error: there is no service nothing; a line 'service nothing PORTS' makes it known\n"
              "7:1: error: no domain has the tag none\n"
              "9:1: warning: no domain matches gues*, so this line is about none\n");
}

} // namespace
