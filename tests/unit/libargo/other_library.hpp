// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/error.hpp>

/// A library that uses libargo as the test program does, and shares no symbol with it but these.
namespace libargo::test {

[[gnu::visibility("default")]] error_code error_of_other_library(error value);
[[gnu::visibility("default")]] void throw_in_other_library(error value);

} // namespace libargo::test
