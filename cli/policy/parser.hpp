// SPDX-License-Identifier: MIT
#pragma once

#include "policy/syntax.hpp"

#include <optional>
#include <string_view>

namespace argopolicy {

/// Everything that is wrong is added to @p found; a line that is wrong is left out of the result.
[[nodiscard]] policy_file parse(std::string_view text, problems& found);

/// A number from 0 to @p largest, all of @p text.
[[nodiscard]] std::optional<std::uint32_t> number_of(std::string_view text, std::uint32_t largest);

} // namespace argopolicy
