// SPDX-License-Identifier: MIT
#pragma once

namespace argoctl {

/// The whole program; does not throw.
int run(int argc, const char* const* argv);

} // namespace argoctl
