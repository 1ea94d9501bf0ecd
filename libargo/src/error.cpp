// SPDX-License-Identifier: MIT
#include <libargo/error.hpp>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace libargo {
namespace {

namespace errc = boost::system::errc;

class error_category_type final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "argo"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<error>(value)) {
        case error::message_truncated:
            return "the message is longer than the buffers, the rest of it is gone";
        case error::not_an_argo_device:
            return "this file is not the argo device";
        case error::abi_mismatch:
            return "the argo driver is older than this program";
        case error::no_device:
            return "the argo device is missing";
        case error::invalid_address:
            return "not an address (domid:port; cid:port of vsock), or a part of one";
        }
        return "unknown argo error " + std::to_string(value);
    }

    [[nodiscard]] boost::system::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<error>(value)) {
        case error::message_truncated:
            return errc::make_error_condition(errc::message_size);
        case error::not_an_argo_device:
            return errc::make_error_condition(errc::inappropriate_io_control_operation);
        case error::abi_mismatch:
            return errc::make_error_condition(errc::function_not_supported);
        case error::no_device:
            return errc::make_error_condition(errc::no_such_device);
        case error::invalid_address:
            return errc::make_error_condition(errc::invalid_argument);
        }
        return {value, *this};
    }
};

class condition_category_type final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "argo condition"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<condition>(value)) {
        case condition::peer_gone:
            return "the peer has gone";
        case condition::peer_absent:
            return "the peer is not there";
        case condition::denied:
            return "a policy denies it";
        case condition::would_wait:
            return "it would have to wait";
        case condition::too_large:
            return "the message is too large";
        }
        return "unknown argo condition " + std::to_string(value);
    }

    [[nodiscard]] bool equivalent(const error_code& ec, int value) const noexcept override {
        switch (static_cast<condition>(value)) {
        case condition::peer_gone:
            return ec == errc::broken_pipe || ec == errc::connection_reset;
        case condition::peer_absent:
            return ec == errc::connection_refused || ec == errc::host_unreachable;
        case condition::denied:
            return ec == errc::permission_denied || ec == errc::operation_not_permitted;
        case condition::would_wait:
            return ec == errc::resource_unavailable_try_again;
        case condition::too_large:
            return ec == errc::message_size;
        }
        return false;
    }
};

struct hint {
    int err;
    std::string_view text;
};

// As docs/errors.md has it.
constexpr std::array hints{
    hint{EACCES, "the hypervisor's policy denies it, or the port is below 1024, or the user is not in group argo"},
    hint{EPERM, "bind to one partner, or start Xen with argo=mac-permissive=1"},
    hint{EADDRINUSE, "use another port"},
    hint{EISCONN, "the socket is bound already; open another one"},
    hint{ENOTCONN, "connect or bind first"},
    hint{EHOSTUNREACH, "check the domain id; that domain may have no Argo"},
    hint{ECONNREFUSED, "start the peer; try again"},
    hint{EPIPE, "connect again when the peer is back"},
    hint{ECONNRESET, "start over with the peer"},
    hint{EMSGSIZE, "send less at a time"},
    hint{EAGAIN, "try again later"},
    hint{EINTR, "try again"},
    hint{EBADMSG, "close the socket; the kernel log says what was wrong with the ring"},
    hint{ENOSPC, "close some rings; the hypervisor allows no more for this domain"},
    hint{ENODEV, "start Xen with argo=1"},
    hint{ENXIO, "start Xen with argo=1"},
    hint{ENOTTY, "check that the argo modules and this program belong together"},
};

} // namespace

const boost::system::error_category& error_category() noexcept {
    static const error_category_type instance;
    return instance;
}

const boost::system::error_category& condition_category() noexcept {
    static const condition_category_type instance;
    return instance;
}

error_code make_error_code(error value) noexcept { return {static_cast<int>(value), error_category()}; }

boost::system::error_condition make_error_condition(condition value) noexcept {
    return {static_cast<int>(value), condition_category()};
}

std::string_view advice(const error_code& ec) noexcept {
    if (ec.category() == error_category()) {
        switch (static_cast<error>(ec.value())) {
        case error::message_truncated:
            return "use larger buffers";
        case error::not_an_argo_device:
            return "use /dev/argo";
        case error::abi_mismatch:
            return "update the argo modules";
        case error::no_device:
            return "load the module: modprobe argo";
        case error::invalid_address:
            return "write addresses as domid:port, for example 0:5000";
        }
        return {};
    }
    if (ec.category() != boost::system::system_category() && ec.category() != boost::system::generic_category()) {
        return {};
    }
    for (const auto& [err, text] : hints) {
        if (err == ec.value()) {
            return text;
        }
    }
    return {};
}

} // namespace libargo
