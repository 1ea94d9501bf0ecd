// SPDX-License-Identifier: MIT
#pragma once

#include "app/command.hpp"
#include "firewall/rules.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <optional>

namespace argoctl::firewall {

/// The rules' decision about a flow.
struct verdict {
    bool allowed = false;
    /// From 0; none if the default decides.
    std::optional<std::uint32_t> rule;
};

/// The firewall of the domain, in its driver. All of it throws failure.
class driver {
public:
    explicit driver(const globals& common);

    /// The id of this domain.
    [[nodiscard]] std::uint16_t own_id() const;
    [[nodiscard]] rules get() const;
    void set(const rules& wanted);
    [[nodiscard]] verdict test(const flow& what) const;

private:
    std::string device_;
    boost::asio::io_context context_;
    libargo::socket socket_;
    int handle_;
};

} // namespace argoctl::firewall
