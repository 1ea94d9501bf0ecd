// SPDX-License-Identifier: MIT
#pragma once

namespace argoctl {

/// The exit codes, which --help and docs/argo-ctl.md explain.
enum class exit_code : int {
    ok = 0,
    failed = 1,
    usage = 2,
    no_device = 3,
    peer = 4,
    no_permission = 5,
    no_argo = 6,
    interrupted = 130,
};

} // namespace argoctl
