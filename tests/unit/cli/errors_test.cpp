// SPDX-License-Identifier: MIT
#include "app/errors.hpp"

#include <gtest/gtest.h>
#include <libargo/error.hpp>

#include <cerrno>
#include <string>

namespace argoctl {
namespace {

boost::system::error_code code(int number) { return {number, boost::system::system_category()}; }

TEST(Errors, SendToNobody) {
    EXPECT_EQ(describe(operation::send, "3:5000", code(ECONNREFUSED)),
              "cannot send to 3:5000: the domain has no ring on that port that this domain may send to "
              "(Connection refused); start the peer; try again");
}

TEST(Errors, TheSameErrnoMeansAnotherThingInABind) {
    EXPECT_EQ(
        describe(operation::bind, "port 80", code(EACCES)),
        "cannot bind port 80: not allowed: a port below 1024, or the domain's firewall or the hypervisor's policy "
        "denies it (Permission denied); use a port from 1024 up, or run as root, or see 'argo-ctl firewall show'");
    EXPECT_EQ(describe(operation::send, "3:80", code(EACCES)),
              "cannot send to 3:80: the domain's firewall or the hypervisor's policy denies it (Permission denied); "
              "see 'argo-ctl firewall show', or change the policy (XSM/Flask)");
}

TEST(Errors, OfCablesNameBothEnds) {
    EXPECT_EQ(describe(operation::cable_add, "3:42 -> 0:7000", code(EPERM)),
              "cannot plug the cable 3:42 -> 0:7000: not allowed (Operation not permitted); run as root in domain 0");
    EXPECT_EQ(describe(operation::cable_remove, "3:42", code(ENOENT)),
              "cannot unplug the cable of 3:42: the port has no cable (No such file or directory); "
              "see the cables that there are: argo-ctl cable list");
    EXPECT_EQ(describe(operation::send, "cable", code(ENOTCONN)),
              "cannot send to cable: the socket has no destination or is not bound, or its port has no cable "
              "(Transport endpoint is not connected); connect or bind first, or plug a cable in domain 0: "
              "argo-ctl cable add");
}

TEST(Errors, QuotaOfAUserIsNotOneOfADisk) {
    EXPECT_EQ(describe(operation::bind, "port 5000", code(EDQUOT)),
              "cannot bind port 5000: this user has as many rings, or as many watches, as one user may have "
              "(Disk quota exceeded); close some, raise argo's parameter max_user_rings or max_user_waiters, or grant "
              "CAP_SYS_RESOURCE");
}

TEST(Errors, AdviceIsTheLibrarysWhereArgoCtlHasNoneOfItsOwn) {
    for (const int number : {EHOSTUNREACH, ECONNREFUSED, EPIPE, ECONNRESET, ETIMEDOUT, EBADMSG, ENOSPC, ENODEV}) {
        const std::string advice{libargo::advice(code(number))};
        EXPECT_TRUE(describe(operation::send, "3:5000", code(number)).ends_with("; " + advice)) << number;
    }
}

TEST(Errors, WhatTheLibraryMissesIsTheDevice) {
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
    for (const int number : {ECONNREFUSED, EHOSTUNREACH, EPIPE, ECONNRESET, ENOTCONN, ENXIO}) {
        EXPECT_EQ(exit_code_of(code(number)), exit_code::peer) << number;
    }
    EXPECT_EQ(exit_code_of(code(EOPNOTSUPP)), exit_code::no_device);
    for (const int number : {EINVAL, EACCES, EADDRINUSE, ENOSPC, EDQUOT, ETIMEDOUT, EBADMSG, ENOENT, EEXIST}) {
        EXPECT_EQ(exit_code_of(code(number)), exit_code::failed) << number;
    }
}

TEST(Errors, EachOfTheDriversHasAHint) {
    // The errnos of docs/errors.md that a user of argo-ctl can meet.
    for (const int number :
         {EACCES, EPERM,  EHOSTUNREACH, ECONNREFUSED, EPIPE,  ECONNRESET, EMSGSIZE, EAGAIN,     ETIMEDOUT, EBADMSG,
          ENOSPC, EDQUOT, ENOMEM,       ENODEV,       ENOTTY, ENOTCONN,   ENXIO,    EOPNOTSUPP, EEXIST,    ENOENT}) {
        EXPECT_NE(describe(operation::send, "3:5000", code(number)).find("); "), std::string::npos) << number;
    }
}

} // namespace
} // namespace argoctl
