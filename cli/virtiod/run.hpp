// SPDX-License-Identifier: MIT
#pragma once

namespace argovirtiod {

/// The program. @returns its exit status
[[nodiscard]] int run(int argc, char** argv);

} // namespace argovirtiod
