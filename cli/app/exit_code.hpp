// SPDX-License-Identifier: MIT
#pragma once

namespace argoctl {

/// What the process returns; written down in --help and docs/argo-ctl.md.
enum class exit_code : int {
    ok = 0,
    failed = 1,
    usage = 2,
    no_device = 3,
    peer = 4,
    interrupted = 130,
};

} // namespace argoctl
