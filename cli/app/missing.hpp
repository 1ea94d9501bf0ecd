// SPDX-License-Identifier: MIT
#pragma once

#include "app/errors.hpp"
#include "app/surroundings.hpp"

#include <boost/system/error_code.hpp>

#include <string>

namespace argoctl {

/// What is missing on this machine when the device could not be opened, and what to do about it.
/// @param ec the error of opening
failure not_opened(const std::string& device, const boost::system::error_code& ec, const surroundings& here);

} // namespace argoctl
