// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/format.hpp>
#include <libargo/vsock/address.hpp>
#include <libargo/vsock/endpoint.hpp>

template <>
struct fmt::formatter<libargo::vsock::address> : libargo::detail::string_formatter<libargo::vsock::address> {};
template <class Protocol>
struct fmt::formatter<libargo::vsock::basic_endpoint<Protocol>>
    : libargo::detail::string_formatter<libargo::vsock::basic_endpoint<Protocol>> {};
