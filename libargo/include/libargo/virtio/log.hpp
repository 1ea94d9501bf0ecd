// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace libargo::virtio {

/// How bad a line of the log is, as syslog(3) numbers it.
enum class severity : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// Takes a line of the log, without a line's end.
using log_function = std::function<void(severity, std::string_view)>;

} // namespace libargo::virtio
