// SPDX-License-Identifier: MIT
#pragma once

#include "stream_transport.hpp"

namespace guest::stream {

/// Memory that two domains share, over libxenvchan; these throw where the program was built without it.
std::unique_ptr<listener> listen_vchan(const place& where);
std::unique_ptr<connection> connect_vchan(const place& where);

} // namespace guest::stream
