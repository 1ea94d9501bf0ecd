// SPDX-License-Identifier: MIT
#pragma once

#include "app/exit_code.hpp"

#include <boost/system/error_code.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace argoctl {

/// The operation that failed.
enum class operation { open, info, list, bind, connect, send, receive, query, cable_add, cable_remove, cable_list };

/// The message about an error: the operation, its target, the meaning, the errno's words, and the remedy.
/// "cannot send to 3:5000: the destination's ring has gone (Broken pipe); connect again when the peer is back"
std::string describe(operation what, std::string_view target, const boost::system::error_code& ec);

/// The exit code of the process after an error.
exit_code exit_code_of(const boost::system::error_code& ec);

/// Thrown to end the command: main prints the text and returns the code.
class failure : public std::runtime_error {
public:
    failure(exit_code code, const std::string& text) : std::runtime_error(text), code_(code) {}
    failure(operation what, std::string_view target, const boost::system::error_code& ec)
        : failure(exit_code_of(ec), describe(what, target, ec)) {}

    [[nodiscard]] exit_code code() const { return code_; }

private:
    exit_code code_;
};

/// Prints "argo-ctl: " and @p text on standard error.
void complain(std::string_view text);

} // namespace argoctl
