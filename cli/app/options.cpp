// SPDX-License-Identifier: MIT
#include "app/options.hpp"

#include "output/units.hpp"

#include <fmt/format.h>
#include <libargo/parse.hpp>

#include <charconv>
#include <limits>
#include <system_error>
#include <utility>

namespace argoctl::options {

namespace {

/// An option whose text @p read turns into a value or rejects.
template <class Read>
CLI::Option* parsed(CLI::App& app, const std::string& name, const std::string& type, const std::string& help,
                    Read read) {
    return app.add_option_function<std::string>(name, std::move(read), help)->type_name(type);
}

} // namespace

void reject(const std::string& name, const std::string& why) { throw CLI::ValidationError(name, why); }

CLI::Option* address(CLI::App& app, const std::string& name, libargo::address& out, const std::string& help) {
    return parsed(app, name, "DOMID:PORT", help, [name, &out](const std::string& text) {
        boost::system::error_code ec;
        out = libargo::parse_address(text, ec);
        if (ec) {
            reject(name, fmt::format("'{}' is no address; write DOMID:PORT, as in 3:5000", text));
        }
        if (out == libargo::cable_end) {
            return;
        }
        if (out.domid == libargo::domid_t::any || out.port == libargo::port_any) {
            reject(name, fmt::format("'{}' is no destination; it needs one domain and a port from 1 up", text));
        }
    });
}

CLI::Option* port(CLI::App& app, const std::string& name, libargo::port_t& out, const std::string& help) {
    return parsed(app, name, "PORT", help, [name, &out](const std::string& text) {
        boost::system::error_code ec;
        out = libargo::parse_port(text, ec);
        if (ec || out == libargo::port_any) {
            reject(name, fmt::format("'{}' is no port; write a number from 1 to 4294967295", text));
        }
    });
}

CLI::Option* domid(CLI::App& app, const std::string& name, libargo::domid_t& out, const std::string& help) {
    return parsed(app, name, "DOMID", help, [name, &out](const std::string& text) {
        boost::system::error_code ec;
        out = libargo::parse_domid(text, ec);
        if (ec) {
            reject(name, fmt::format("'{}' is no domain id; write a number, 'self' or 'any'", text));
        }
    });
}

CLI::Option* count(CLI::App& app, const std::string& name, std::uint64_t& out, const std::string& help,
                   std::uint64_t largest) {
    return parsed(app, name, "N", help, [name, &out, largest](const std::string& text) {
        const auto* const last = text.data() + text.size();
        const auto [end, error] = std::from_chars(text.data(), last, out);
        if (error != std::errc() || end != last || out == 0 || out > largest) {
            reject(name, largest == UINT64_MAX
                             ? fmt::format("'{}' is no count; write a number from 1 up", text)
                             : fmt::format("'{}' is no count; write a number from 1 to {}", text, largest));
        }
    });
}

CLI::Option* size(CLI::App& app, const std::string& name, std::size_t& out, const std::string& help) {
    return parsed(app, name, "BYTES", help, [name, &out](const std::string& text) {
        const auto value = output::parse_size(text);
        if (!value || *value > std::numeric_limits<std::uint32_t>::max()) {
            reject(name, fmt::format("'{}' is no size; write bytes, as in 64, 16K or 1M", text));
        }
        out = static_cast<std::size_t>(*value);
    });
}

CLI::Option* file_size(CLI::App& app, const std::string& name, std::uint64_t& out, const std::string& help) {
    return parsed(app, name, "BYTES", help, [name, &out](const std::string& text) {
        const auto value = output::parse_size(text);
        if (!value) {
            reject(name, fmt::format("'{}' is no size; write bytes, as in 4096, 10M or 20G", text));
        }
        out = *value;
    });
}

CLI::Option* seconds(CLI::App& app, const std::string& name, std::chrono::nanoseconds& out, const std::string& help) {
    return parsed(app, name, "SECONDS", help, [name, &out](const std::string& text) {
        const auto value = output::parse_seconds(text);
        if (!value || value->count() == 0) {
            reject(name, fmt::format("'{}' is no time; write seconds above 0, as in 0.2 or 10", text));
        }
        out = *value;
    });
}

} // namespace argoctl::options
