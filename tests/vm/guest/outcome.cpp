// SPDX-License-Identifier: MIT
#include "outcome.hpp"

#include <cerrno>
#include <cstring>
#include <ostream>

namespace guest {

outcome outcome_of(long result) { return outcome{result < 0 ? errno : 0}; }

std::ostream& operator<<(std::ostream& out, outcome what) {
    if (what.code == 0) {
        return out << "success";
    }
    const char* name = strerrorname_np(what.code);
    return out << (name != nullptr ? name : "unknown errno") << " (" << what.code << ')';
}

} // namespace guest
