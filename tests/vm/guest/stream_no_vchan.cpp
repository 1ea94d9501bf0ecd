// SPDX-License-Identifier: MIT
// In place of stream_vchan.cpp where there is no libxenvchan.
#include "stream_vchan.hpp"

#include <stdexcept>

namespace guest::stream {

namespace {

[[noreturn]] void missing() { throw std::runtime_error("built without libxenvchan"); }

} // namespace

std::unique_ptr<listener> listen_vchan(const place& /*where*/) { missing(); }

std::unique_ptr<connection> connect_vchan(const place& /*where*/) { missing(); }

} // namespace guest::stream
