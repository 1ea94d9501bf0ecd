// SPDX-License-Identifier: MIT
#include "virtiod/run.hpp"

int main(int argc, char** argv) { return argovirtiod::run(argc, argv); }
