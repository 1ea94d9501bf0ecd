// SPDX-License-Identifier: MIT
#pragma once

#include "output/json.hpp"
#include "proto/ping.hpp"

#include <libargo/address.hpp>

#include <cstddef>
#include <string>

namespace argoctl::output {

/// Sequence numbers are shown from 1 on, as in ping(8).
std::string ping_reply_text(const libargo::address& peer, const ping::reply& reply, std::size_t size);
json ping_reply_json(const libargo::address& peer, const ping::reply& reply, std::size_t size);

std::string ping_summary_text(const libargo::address& peer, const ping::summary& summary);
json ping_summary_json(const libargo::address& peer, const ping::summary& summary);

} // namespace argoctl::output
