// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <libargo/address.hpp>

#include <chrono>
#include <cstdint>
#include <string>

/// Options of one kind, read in one way by all commands. A text that cannot be read is a usage error with an example of
/// one that can. @p out must live until the command line has been parsed.
namespace argoctl::options {

/// DOMID:PORT, a destination.
CLI::Option* address(CLI::App& app, const std::string& name, libargo::address& out, const std::string& help);
CLI::Option* port(CLI::App& app, const std::string& name, libargo::port_t& out, const std::string& help);
CLI::Option* domid(CLI::App& app, const std::string& name, libargo::domid_t& out, const std::string& help);
/// A number from 1 to @p largest.
CLI::Option* count(CLI::App& app, const std::string& name, std::uint64_t& out, const std::string& help,
                   std::uint64_t largest = UINT64_MAX);
/// Bytes of a message or a ring, with K, M or G.
CLI::Option* size(CLI::App& app, const std::string& name, std::size_t& out, const std::string& help);
/// Bytes of a file, with K, M or G.
CLI::Option* file_size(CLI::App& app, const std::string& name, std::uint64_t& out, const std::string& help);
/// Seconds, with a fraction.
CLI::Option* seconds(CLI::App& app, const std::string& name, std::chrono::nanoseconds& out, const std::string& help);

/// Throws a usage error.
[[noreturn]] void reject(const std::string& name, const std::string& why);

} // namespace argoctl::options
