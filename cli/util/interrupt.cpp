// SPDX-License-Identifier: MIT
#include "util/interrupt.hpp"

#include <csignal>
#include <initializer_list>

namespace argoctl {

namespace {

// A signal handler can change a global variable only.
volatile std::sig_atomic_t flag = 0; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void remember(int /*signal*/) { flag = 1; }

} // namespace

void catch_interrupts() {
    flag = 0;
    struct sigaction action {};
    action.sa_handler = remember;
    sigemptyset(&action.sa_mask);
    action.sa_flags = 0; // without SA_RESTART the blocking call ends
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        sigaction(signal, &action, nullptr);
    }
}

bool interrupted() { return flag != 0; }

} // namespace argoctl
