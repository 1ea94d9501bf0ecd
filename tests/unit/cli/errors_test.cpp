// SPDX-License-Identifier: MIT
#include "app/errors.hpp"

#include <gtest/gtest.h>
#include <libargo/error.hpp>

#include <cerrno>

namespace argoctl {
namespace {

boost::system::error_code code(int number) { return {number, boost::system::system_category()}; }

TEST(Errors, SendToNobody) {
    EXPECT_EQ(describe(operation::send, "3:5000", code(ECONNREFUSED)),
              "cannot send to 3:5000: no ring on that port (Connection refused); start the receiver there first");
}

TEST(Errors, TheSameErrnoMeansAnotherThingInABind) {
    EXPECT_EQ(describe(operation::bind, "port 80", code(EACCES)),
              "cannot bind port 80: not allowed: a port below 1024, or the hypervisor's policy (Permission denied); "
              "use a port from 1024 up, or run as root");
    EXPECT_EQ(describe(operation::send, "3:80", code(EACCES)),
              "cannot send to 3:80: the hypervisor's policy denies it (Permission denied); "
              "change the policy (XSM/Flask)");
}

TEST(Errors, MissingDevice) {
    const std::string hint = "load the driver with 'modprobe argo'";
    EXPECT_NE(describe(operation::open, "/dev/argo", code(ENOENT)).find(hint), std::string::npos);
    EXPECT_NE(describe(operation::open, "/dev/argo", libargo::error::no_device).find(hint), std::string::npos);
    EXPECT_EQ(exit_code_of(libargo::error::no_device), exit_code::no_device);
    EXPECT_EQ(exit_code_of(libargo::error::not_an_argo_device), exit_code::no_device);
    EXPECT_EQ(exit_code_of(libargo::error::abi_mismatch), exit_code::no_device);
}

TEST(Errors, ThoseThatHaveNoEntryStillSayWhatHappened) {
    EXPECT_EQ(describe(operation::receive, "port 1", code(EIO)), "cannot receive on port 1: Input/output error");
}

TEST(Errors, ExitCodes) {
    EXPECT_EQ(exit_code_of(code(ENODEV)), exit_code::no_device);
    EXPECT_EQ(exit_code_of(code(ENOTTY)), exit_code::no_device);
    for (const int number : {ECONNREFUSED, EHOSTUNREACH, EPIPE, ECONNRESET}) {
        EXPECT_EQ(exit_code_of(code(number)), exit_code::peer) << number;
    }
    for (const int number : {EINVAL, EACCES, EADDRINUSE, ENOSPC, ETIMEDOUT, EBADMSG}) {
        EXPECT_EQ(exit_code_of(code(number)), exit_code::failed) << number;
    }
}

TEST(Errors, EachOfTheDriversHasAHint) {
    // Those of docs/errors.md that a user of argo-ctl can meet.
    for (const int number : {EACCES, EPERM, EHOSTUNREACH, ECONNREFUSED, EPIPE, ECONNRESET, EMSGSIZE, EAGAIN, ETIMEDOUT,
                             EBADMSG, ENOSPC, ENOMEM, ENODEV, ENOTTY}) {
        EXPECT_NE(describe(operation::send, "3:5000", code(number)).find("); "), std::string::npos) << number;
    }
}

} // namespace
} // namespace argoctl
