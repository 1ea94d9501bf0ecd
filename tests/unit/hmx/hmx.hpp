// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>

extern "C" {
#include "hmx.h"
#include "inspect.h"
}
