// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace guest {

/// A private key and a certificate that it signed itself, both in PEM.
struct certificate {
    std::string key;
    std::string chain;
};

/// A new one, for a day before and after now: clocks of domains differ. Throws std::runtime_error.
certificate make_certificate();

} // namespace guest
