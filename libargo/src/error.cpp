// SPDX-License-Identifier: MIT
#include <libargo/detail/error_text.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

namespace libargo::detail {
namespace {

struct errno_text {
    int err;
    std::string_view meaning;
    std::string_view advice;
};

// The first table of docs/errors.md has the same texts; tests/unit/libargo/errors_doc_test.cpp compares them.
constexpr std::array errno_texts{
    errno_text{EINVAL, "the call has a field that is not valid", "correct the call"},
    errno_text{EFAULT, "an address in the call is not mapped, or must not be read or written", "correct the call"},
    errno_text{ENOTTY, "the driver does not have this operation", "install the argo modules of this program's release"},
    errno_text{
        EACCES,
        "the domain's firewall or the hypervisor's policy denies it, or the port is below 1024, or the user is not in "
        "group argo",
        "change the rules (argo-ctl firewall) or the policy, use a port from 1024 up, or join the group"},
    errno_text{EPERM,
               "the hypervisor allows no ring that any domain may send to, or this process may not administer cables",
               "bind to one partner, or start Xen with argo=1,mac-permissive=1; administer cables as root of domain 0"},
    errno_text{EADDRINUSE, "the port is taken, or no ephemeral port is free", "use another port"},
    errno_text{EISCONN, "the socket is bound already", "open another socket"},
    errno_text{ENOTCONN, "the socket has no destination or is not bound, or its port has no cable",
               "connect or bind first, or plug a cable in domain 0: argo-ctl cable add"},
    errno_text{EHOSTUNREACH, "no domain has that id, or the domain has no Argo", "check the domain id"},
    errno_text{ECONNREFUSED, "the domain has no ring on that port that this domain may send to",
               "start the peer; try again"},
    errno_text{ENXIO, "the cable leads to the parent hypervisor, which nothing reaches yet",
               "plug the cable elsewhere"},
    errno_text{EOPNOTSUPP, "the hypervisor has no cables", "name a destination, or boot a Xen that has cables"},
    errno_text{EEXIST, "the port has a cable", "unplug it first: argo-ctl cable remove"},
    errno_text{ENOENT, "the port has no cable", "see the cables that there are: argo-ctl cable list"},
    errno_text{EPIPE, "the destination's ring has gone", "connect again when the peer is back"},
    errno_text{ECONNRESET, "the peer has gone, or this domain was restored", "start over with the peer"},
    errno_text{EMSGSIZE, "the message is larger than the destination's ring takes", "send less at a time"},
    errno_text{EAGAIN, "the operation would have to wait", "try again later"},
    errno_text{ETIMEDOUT, "the time given for the wait is over", "see whether the peer still runs"},
    errno_text{EINTR, "a signal came before anything was done", "try again"},
    errno_text{EBADMSG, "the ring's contents made no sense, and the ring is out of use",
               "close the socket; the kernel log says what was wrong with the ring"},
    errno_text{ENOSPC, "all rings that the users of this domain may have are taken, or all cables of a domain",
               "close some rings, or unplug some cables"},
    errno_text{EDQUOT, "this user has as many rings, or as many watches, as one user may have",
               "close some, raise argo's parameter max_user_rings or max_user_waiters, or grant CAP_SYS_RESOURCE"},
    errno_text{ENOMEM, "there is no memory, here or in the hypervisor", ""},
    errno_text{ENODEV, "the hypervisor has gone, or Argo is off in it", "start Xen with argo=1"},
};

const errno_text* find(int err) noexcept {
    const auto* const found =
        std::find_if(errno_texts.begin(), errno_texts.end(), [err](const errno_text& each) { return each.err == err; });
    return found == errno_texts.end() ? nullptr : found;
}

} // namespace

std::string message_of(error value) {
    switch (value) {
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
    return "unknown argo error " + std::to_string(static_cast<int>(value));
}

std::string message_of(condition value) {
    switch (value) {
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
    return "unknown argo condition " + std::to_string(static_cast<int>(value));
}

std::string_view advice_of(error value) noexcept {
    switch (value) {
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

std::string_view advice_of_errno(int err) noexcept {
    const auto* const found = find(err);
    return found == nullptr ? std::string_view() : found->advice;
}

std::string_view meaning_of_errno(int err) noexcept {
    const auto* const found = find(err);
    return found == nullptr ? std::string_view() : found->meaning;
}

} // namespace libargo::detail
