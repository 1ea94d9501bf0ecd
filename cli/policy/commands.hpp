// SPDX-License-Identifier: MIT
#pragma once

namespace argopolicy {

/// What `argo-policy` does, with its exit status: 0, 1 a policy or file that is wrong, 2 usage, 3 denied, differs.
int run(int argc, const char* const* argv);

} // namespace argopolicy
