// SPDX-License-Identifier: MIT
#pragma once

namespace argoctl {

/// From now on SIGINT, SIGTERM and SIGHUP do not end the process: they interrupt a blocking call, and are remembered.
void catch_interrupts();

/// One of them came.
bool interrupted();

} // namespace argoctl
