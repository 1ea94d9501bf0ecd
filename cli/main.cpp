// SPDX-License-Identifier: MIT
#include "app/run.hpp"

int main(int argc, char** argv) { return argoctl::run(argc, argv); }
