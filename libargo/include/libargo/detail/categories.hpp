// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <boost/system/error_code.hpp>

#include <libargo/detail/error_text.hpp>
#include <libargo/error_values.hpp>

namespace libargo::detail {

/// The category of `error`. A program and each library in it may have a category object of their own: they are equal,
/// since Boost compares the numbers that are given to the constructor.
class error_category_type final : public boost::system::error_category {
public:
    constexpr error_category_type() noexcept : error_category(0x6172676f'00000001U) {}

    [[nodiscard]] const char* name() const noexcept override { return "argo"; }
    [[nodiscard]] std::string message(int value) const override { return message_of(error{value}); }
    [[nodiscard]] boost::system::error_condition default_error_condition(int value) const noexcept override {
        namespace errc = boost::system::errc;
        switch (error{value}) {
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

/// The category of `condition`.
class condition_category_type final : public boost::system::error_category {
public:
    constexpr condition_category_type() noexcept : error_category(0x6172676f'00000002U) {}

    [[nodiscard]] const char* name() const noexcept override { return "argo condition"; }
    [[nodiscard]] std::string message(int value) const override { return message_of(condition{value}); }
    [[nodiscard]] bool equivalent(const boost::system::error_code& ec, int value) const noexcept override {
        namespace errc = boost::system::errc;
        switch (condition{value}) {
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

} // namespace libargo::detail
