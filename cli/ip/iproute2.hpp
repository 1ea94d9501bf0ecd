// SPDX-License-Identifier: MIT
// The interface of ip(8) of iproute2 to the plug-ins that it loads: no package has a header of it. ip exports the
// functions; the struct is the beginning of its own.
#pragma once

#include <cstdio>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

extern "C" {

struct link_util {
    link_util* next;
    const char* id;
    int maxattr;
    int (*parse_opt)(link_util* link, int argc, char** argv, nlmsghdr* message);
    void (*print_opt)(link_util* link, std::FILE* out, rtattr** attributes);
    void (*print_xstats)(link_util* link, std::FILE* out, rtattr* stats);
    void (*print_help)(link_util* link, int argc, char** argv, std::FILE* out);
    int (*parse_ifla_xstats)(link_util* link, int argc, char** argv);
    int (*print_ifla_xstats)(nlmsghdr* message, void* arg);
};

enum output_type { PRINT_FP = 1, PRINT_JSON = 2, PRINT_ANY = 4 };
enum color_attr { COLOR_NONE = 6 };

int addattr_l(nlmsghdr* message, int room, int type, const void* data, int size);
int print_color_uint(output_type type, color_attr color, const char* key, const char* format, unsigned int value);
int print_color_string(output_type type, color_attr color, const char* key, const char* format, const char* value);
void open_json_array(output_type type, const char* key);
void close_json_array(output_type type, const char* delimiter);
[[noreturn]] void invarg(const char* why, const char* argument);
[[noreturn]] void incomplete_command();
}
