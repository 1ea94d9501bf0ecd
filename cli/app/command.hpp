// SPDX-License-Identifier: MIT
#pragma once

#include "app/exit_code.hpp"

#include <libargo/socket.hpp>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <span>
#include <string>

namespace CLI {
class App;
}

namespace argoctl {

/// The options that every command has.
struct globals {
    std::string device = libargo::default_device;
    bool verbose = false;
    /// Opens the device. Tests put a simulated driver here; empty otherwise.
    std::function<libargo::socket(boost::asio::io_context&)> open;
};

/// Does the work of a command; throws failure.
using runner = std::function<exit_code(const globals&)>;

/// A row of the command table.
struct command {
    const char* name;
    const char* summary;
    /// Adds the command's options to its part of the command line.
    runner (*define)(CLI::App& app);
};

/// All commands, in the order in which --help lists them.
std::span<const command> commands();

} // namespace argoctl
