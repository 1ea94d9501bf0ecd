// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/address.hpp>
#include <libargo/batch.hpp>
#include <libargo/bind.hpp>
#include <libargo/cable.hpp>
#include <libargo/error.hpp>
#include <libargo/format.hpp>
#include <libargo/info.hpp>
#include <libargo/message.hpp>
#include <libargo/options.hpp>
#include <libargo/parse.hpp>
#include <libargo/ring_entry.hpp>
#include <libargo/socket.hpp>
#include <libargo/space.hpp>
#include <libargo/status.hpp>
#include <libargo/stop_token.hpp>
