// SPDX-License-Identifier: MIT
#pragma once

#include "../libargo/fake_driver.hpp"
#include "app/command.hpp"

#include <CLI/CLI.hpp>
#include <libargo/libargo.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace argoctl::test {

/// Runs commands as in a domain of a simulated hypervisor. Several may run at once, each in a thread.
class fake_domain {
public:
    fake_domain(std::shared_ptr<libargo::test::fake_driver> driver, std::uint16_t domid)
        : driver_(std::move(driver)), domid_(domid) {}

    /// "ping 3:5000 -c 1": what the command returns.
    exit_code run(const std::string& line) const {
        const auto name = line.substr(0, line.find(' '));
        for (const auto& entry : commands()) {
            if (entry.name != name) {
                continue;
            }
            CLI::App app;
            const auto work = entry.define(app);
            app.parse(line.substr(std::min(line.size(), name.size() + 1)));
            globals common;
            common.open = [this](boost::asio::io_context& context) { return open(context); };
            return work(common);
        }
        throw std::invalid_argument("no command " + name);
    }

    libargo::socket open(boost::asio::io_context& context) const {
        libargo::socket socket(context);
        libargo::detail::socket_access::assign(socket, driver_->open(domid_), driver_);
        return socket;
    }

private:
    std::shared_ptr<libargo::test::fake_driver> driver_;
    std::uint16_t domid_;
};

} // namespace argoctl::test
