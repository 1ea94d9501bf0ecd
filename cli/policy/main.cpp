// SPDX-License-Identifier: MIT
#include "policy/commands.hpp"

int main(int argc, char** argv) { return argopolicy::run(argc, argv); }
