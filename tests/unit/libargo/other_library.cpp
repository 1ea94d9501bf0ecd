// SPDX-License-Identifier: MIT
#include "other_library.hpp"

namespace libargo::test {

error_code error_of_other_library(error value) { return value; }

void throw_in_other_library(error value) { throw system_error(make_error_code(value), "other library"); }

} // namespace libargo::test
