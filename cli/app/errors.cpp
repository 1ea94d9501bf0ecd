// SPDX-License-Identifier: MIT
#include "app/errors.hpp"

#include <fmt/format.h>
#include <libargo/error.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>

namespace argoctl {

namespace {

using boost::system::error_code;

/// The sentences of docs/errors.md, as short as a line on a terminal wants them.
struct explanation {
    std::optional<operation> when; // any if empty
    int number;
    std::string_view what;
    std::string_view todo;
};

constexpr std::array explanations{
    explanation{operation::open, ENOENT, "there is no such device",
                "load the driver with 'modprobe argo' (in a Xen domain), or give another --device"},
    explanation{operation::open, EACCES, "no permission to use it", "join the group 'argo' or run as root"},
    explanation{operation::open, EPERM, "no permission to use it", "join the group 'argo' or run as root"},
    explanation{operation::open, ENOTTY, "that is not an Argo device", "give another --device"},
    explanation{operation::bind, EACCES, "not allowed: a port below 1024, or the hypervisor's policy",
                "use a port from 1024 up, or run as root"},
    explanation{operation::bind, EPERM, "the hypervisor allows no ring for any domain",
                "name the sender with --partner DOMID, or boot Xen with argo=1,mac-permissive=1"},
    explanation{operation::bind, EADDRINUSE, "somebody has that port", "see 'argo-ctl rings', use another port"},
    explanation{operation::bind, EINVAL, "not possible", "see the ring sizes in 'argo-ctl info'"},
    explanation{operation::bind, ECONNREFUSED, "that domain has no Argo", "check the domain id"},
    explanation{operation::list, EPERM, "not allowed", "run as root"},
    explanation{{}, EACCES, "the hypervisor's policy denies it", "change the policy (XSM/Flask)"},
    explanation{{}, EPERM, "not allowed", "run as root"},
    explanation{{}, ECONNREFUSED, "no ring on that port", "start the receiver there first"},
    explanation{{}, EHOSTUNREACH, "no domain has that id, or it has no Argo", "check the domain id"},
    explanation{{}, EPIPE, "its ring has gone", "start the receiver again"},
    explanation{{}, ECONNRESET, "the peer has gone, or this domain was restored", "start over"},
    explanation{{},
                EMSGSIZE,
                "the message is larger than the peer's ring takes",
                "send less at a time, or give the receiver a larger --ring-size"},
    explanation{{}, EAGAIN, "the peer's ring is full", "see whether the receiver still runs"},
    explanation{{}, ETIMEDOUT, "nothing happened in the time given", "see whether the peer still runs"},
    explanation{{}, EBADMSG, "the ring's contents made no sense", "see the kernel log, and report it"},
    explanation{{}, ENOSPC, "the hypervisor allows no more rings for this domain", "see 'argo-ctl rings', close some"},
    explanation{{}, ENOMEM, "no memory, here or in the hypervisor", "use a smaller --ring-size"},
    explanation{{}, ENODEV, "there is no Argo here", "boot Xen with argo=1, then 'modprobe argo'"},
    explanation{{}, ENXIO, "there is no Argo here", "boot Xen with argo=1, then 'modprobe argo'"},
    explanation{{}, ENOTTY, "the driver does not know this operation", "install the driver of this release"},
};

/// The library's own errors mean what some errno means.
int errno_of(const error_code& ec) {
    if (ec == libargo::error::no_device) {
        return ENOENT;
    }
    if (ec == libargo::error::not_an_argo_device) {
        return ENOTTY;
    }
    if (ec.category() == boost::system::system_category() || ec.category() == boost::system::generic_category()) {
        return ec.value();
    }
    return 0;
}

const explanation* explain(operation what, int number) {
    for (const auto& entry : explanations) {
        if (entry.number == number && (!entry.when || *entry.when == what)) {
            return &entry;
        }
    }
    return nullptr;
}

std::string attempt(operation what, std::string_view target) {
    switch (what) {
    case operation::open:
        return fmt::format("cannot open {}", target);
    case operation::info:
        return fmt::format("cannot get information from {}", target);
    case operation::list:
        return fmt::format("cannot list the rings of {}", target);
    case operation::bind:
        return fmt::format("cannot bind {}", target);
    case operation::connect:
        return fmt::format("cannot connect to {}", target);
    case operation::send:
        return fmt::format("cannot send to {}", target);
    case operation::receive:
        return fmt::format("cannot receive on {}", target);
    case operation::query:
        return fmt::format("cannot ask about {}", target);
    }
    return std::string(target);
}

} // namespace

std::string describe(operation what, std::string_view target, const error_code& ec) {
    const std::string start = attempt(what, target);
    const auto* const found = explain(what, errno_of(ec));
    if (found != nullptr) {
        // The library's own errors have no words but those of the table.
        const bool is_errno = ec.category() == boost::system::system_category();
        return fmt::format("{}: {}{}; {}", start, found->what, is_errno ? fmt::format(" ({})", ec.message()) : "",
                           found->todo);
    }
    const auto advice = libargo::advice(ec);
    return fmt::format("{}: {}{}{}", start, ec.message(), advice.empty() ? "" : "; ", advice);
}

exit_code exit_code_of(const error_code& ec) {
    if (ec == libargo::error::abi_mismatch) {
        return exit_code::no_device;
    }
    switch (errno_of(ec)) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ENOTTY:
    case EOPNOTSUPP:
        return exit_code::no_device;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case EPIPE:
    case ECONNRESET:
        return exit_code::peer;
    default:
        return exit_code::failed;
    }
}

void complain(std::string_view text) { fmt::print(stderr, "argo-ctl: {}\n", text); }

} // namespace argoctl
