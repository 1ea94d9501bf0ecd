// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/vsock/address.hpp>
#include <libargo/vsock/endpoint.hpp>
#include <libargo/vsock/error.hpp>
#include <libargo/vsock/format.hpp>
#include <libargo/vsock/local_cid.hpp>
#include <libargo/vsock/options.hpp>
#include <libargo/vsock/parse.hpp>
#include <libargo/vsock/protocol.hpp>
