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
    std::string device = "/dev/argo";
    bool verbose = false;
    /// How the device is opened; tests put a simulated driver here.
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
