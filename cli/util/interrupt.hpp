// SPDX-License-Identifier: MIT
#pragma once

namespace argoctl {

/// From now on SIGINT, SIGTERM and SIGHUP do not end the process. They interrupt a blocking call, and interrupted() is
/// true afterwards.
void catch_interrupts();

/// Whether one of these signals came.
bool interrupted();

} // namespace argoctl
