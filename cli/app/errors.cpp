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

/// A text that replaces libargo's, because the operation narrows the meaning, or an option of argo-ctl is the remedy.
struct explanation {
    std::optional<operation> when; // any if empty
    int number;
    std::string_view what;
    std::string_view todo;
};

constexpr std::array explanations{
    explanation{operation::open, ENOTTY, "that is not an Argo device", "give another --device"},
    explanation{operation::bind, EACCES,
                "not allowed: a port below 1024, or the domain's firewall or the hypervisor's policy denies it",
                "use a port from 1024 up, or run as root, or see 'argo-ctl firewall show'"},
    explanation{operation::bind, EPERM, "the hypervisor allows no ring that any domain may send to",
                "name the sender with --partner DOMID, or boot Xen with argo=1,mac-permissive=1"},
    explanation{operation::bind, EADDRINUSE, "another socket has that port", "see 'argo-ctl rings', use another port"},
    explanation{operation::bind, EINVAL, "not possible", "see the ring sizes in 'argo-ctl info'"},
    explanation{operation::bind, ECONNREFUSED, "that domain has no Argo", "check the domain id"},
    explanation{operation::cable_add, EPERM, "not allowed", "run as root in domain 0"},
    explanation{operation::cable_remove, EPERM, "not allowed", "run as root in domain 0"},
    explanation{operation::cable_list, EPERM, "not allowed", "run as root in domain 0"},
    explanation{operation::cable_add, ENODEV, "the domain of the first port has no Argo", "check the domain id"},
    explanation{operation::cable_add, ECONNREFUSED, "the domain of the second port has no Argo", "check the domain id"},
    explanation{operation::cable_add, ENOSPC, "that domain has all cables that it may have", "unplug some"},
    explanation{operation::cable_remove, ENODEV, "that domain has no Argo", "check the domain id"},
    explanation{{}, EPERM, "not allowed", "run as root"},
    explanation{{},
                EACCES,
                "the domain's firewall or the hypervisor's policy denies it",
                "see 'argo-ctl firewall show', or change the policy (XSM/Flask)"},
    explanation{{},
                EMSGSIZE,
                "the message is larger than the peer's ring takes",
                "send less at a time, or give the receiver a larger --ring-size"},
    explanation{operation::send, EAGAIN, "the peer's ring is full", "see whether the receiver still runs"},
    explanation{{}, ENOMEM, "no memory, here or in the hypervisor", "use a smaller --ring-size"},
};

/// The errno with the meaning of an error of the library.
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
    case operation::cable_add:
        return fmt::format("cannot plug the cable {}", target);
    case operation::cable_remove:
        return fmt::format("cannot unplug the cable of {}", target);
    case operation::cable_list:
        return fmt::format("cannot list the cables of {}", target);
    }
    return std::string(target);
}

} // namespace

std::string describe(operation what, std::string_view target, const error_code& ec) {
    const auto* const own = explain(what, errno_of(ec));
    const std::string_view meaning = own != nullptr ? own->what : libargo::meaning(ec);
    const std::string_view advice = own != nullptr ? own->todo : libargo::advice(ec);
    std::string text = attempt(what, target) + ": ";
    if (meaning.empty()) {
        text += ec.message();
    } else {
        text += meaning;
        // The words of the library's own errors are replaced; those of an errno are what users search for.
        text += ec.category() == boost::system::system_category() ? fmt::format(" ({})", ec.message()) : "";
    }
    return advice.empty() ? text : fmt::format("{}; {}", text, advice);
}

exit_code exit_code_of(const error_code& ec) {
    if (ec == libargo::error::abi_mismatch) {
        return exit_code::no_device;
    }
    // An errno ENOENT is about a cable, not about the device.
    if (ec == libargo::error::no_device) {
        return exit_code::no_device;
    }
    switch (errno_of(ec)) {
    case ENODEV:
    case ENOTTY:
    case EOPNOTSUPP:
        return exit_code::no_device;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
    case ENXIO:
        return exit_code::peer;
    default:
        return exit_code::failed;
    }
}

void complain(std::string_view text) { fmt::print(stderr, "argo-ctl: {}\n", text); }

} // namespace argoctl
