// SPDX-License-Identifier: MIT
#pragma once

#include "app/exit_code.hpp"

#include <boost/system/error_code.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace argoctl {

/// What was tried when an error came.
enum class operation { open, info, list, bind, connect, send, receive, query };

/// "cannot send to 3:5000: no ring on that port (Connection refused); start the receiver there first"
std::string describe(operation what, std::string_view target, const boost::system::error_code& ec);

/// What the process returns after this error.
exit_code exit_code_of(const boost::system::error_code& ec);

/// Ends the command: main prints the text and returns the code.
class failure : public std::runtime_error {
public:
    failure(exit_code code, const std::string& text) : std::runtime_error(text), code_(code) {}
    failure(operation what, std::string_view target, const boost::system::error_code& ec)
        : failure(exit_code_of(ec), describe(what, target, ec)) {}

    [[nodiscard]] exit_code code() const { return code_; }

private:
    exit_code code_;
};

/// "argo-ctl: ..." on stderr.
void complain(std::string_view text);

} // namespace argoctl
