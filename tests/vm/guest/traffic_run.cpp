// SPDX-License-Identifier: MIT
#include "traffic_run.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <poll.h>
#include <set>
#include <thread>

namespace guest {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

struct result {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t resets = 0;
    std::uint64_t full = 0;
    std::size_t senders = 0;
    argo_addr local{};
    outcome last;
    std::string error;
};

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += {'\\', c};
        } else if (c >= ' ') {
            out += c;
        }
    }
    return out + '"';
}

/// "EAGAIN"; nothing for success.
std::string name_of(outcome what) {
    const char* name = what.code == 0 ? "" : strerrorname_np(what.code);
    return name == nullptr ? "unknown" : name;
}

int report(const result& what) {
    std::cout << "{\"ok\": " << (what.error.empty() ? "true" : "false") << ", \"messages\": " << what.messages
              << ", \"bytes\": " << what.bytes << ", \"resets\": " << what.resets << ", \"full\": " << what.full
              << ", \"senders\": " << what.senders << ", \"local\": " << quoted(to_string(what.local))
              << ", \"errno\": " << quoted(name_of(what.last)) << ", \"error\": " << quoted(what.error) << "}"
              << std::endl;
    return what.error.empty() ? 0 : 1;
}

void fail(result& out, outcome what, const std::string& doing) {
    out.last = what;
    const char* text = std::strerror(what.code);
    out.error = doing + ": " + text;
}

bool gone(outcome what) {
    return what.code == EPIPE || what.code == ECONNRESET || what.code == ECONNREFUSED || what.code == EHOSTUNREACH;
}

/// The address that messages carry now: a restore changes the domid.
argo_addr local_of(const endpoint& one) {
    argo_status status{};
    static_cast<void>(one.status(status));
    return status.local;
}

/// One message, however long the ring stays full.
outcome send_one(const endpoint& one, const traffic_plan& plan, std::uint32_t number, clock::time_point deadline,
                 result& out) {
    for (;;) {
        // Made again each time: its bytes depend on the domid, which may have changed while it waited.
        const auto data = make_message(plan.pattern, out.local, number);
        const auto what =
            plan.nonblock ? one.send(plan.to, data, number, no_wait) : one.send(plan.to, data, number, {0, 200ms});
        if (what.code != EAGAIN && what.code != ETIMEDOUT) {
            return what;
        }
        ++out.full;
        if (clock::now() >= deadline) {
            return outcome{ETIMEDOUT};
        }
        if (!plan.nonblock) {
            continue;
        }
        argo_space space{};
        if (const auto watched =
                one.space(plan.to, static_cast<std::uint32_t>(data.size()), space, {ARGO_SPACE_WATCH, forever});
            !watched) {
            return watched;
        }
        static_cast<void>(one.poll(POLLOUT, 200ms));
    }
}

void send_all(const endpoint& one, const traffic_plan& plan, result& out) {
    const auto start = clock::now();
    auto end = plan.count;
    for (std::uint32_t number = 0; end == 0 || number < end;) {
        if (clock::now() >= start + plan.timeout) {
            return fail(out, outcome{ETIMEDOUT}, "message " + std::to_string(number));
        }
        const auto what = send_one(one, plan, number, start + plan.timeout, out);
        if (what) {
            out.bytes += size_of_message(plan.pattern, out.local, number);
            ++out.messages;
            ++number;
            if (plan.rate != 0) {
                std::this_thread::sleep_until(start + number * std::chrono::nanoseconds{1s} / plan.rate);
            }
            continue;
        }
        out.last = what;
        if (what.code == ECONNRESET && plan.expect_reset) {
            ++out.resets;
            out.local = local_of(one);
            end = plan.after_reset == 0 ? end : number + plan.after_reset;
            continue;
        }
        if (gone(what) && plan.expect_gone) {
            return;
        }
        return fail(out, what, "message " + std::to_string(number) + " to " + to_string(plan.to));
    }
    if (plan.expect_gone) {
        out.error = "the peer did not go away";
    }
}

void receive_all(const endpoint& one, const traffic_plan& plan, result& out) {
    verifier check{plan.pattern};
    std::map<std::pair<std::uint16_t, std::uint32_t>, std::uint64_t> counts;
    const auto start = clock::now();
    auto last = start;
    message received;
    if (plan.expect_reset || plan.allow_gaps) {
        check.allow_gaps();
    }
    while (plan.count == 0 || check.messages() < std::uint64_t{plan.count} * plan.senders) {
        const auto what = one.receive(received, one.max_message(), {0, 200ms});
        const auto now = clock::now();
        if (what) {
            last = now;
            if (!check.check(received.from, received.type, received.len, received.data)) {
                return fail(out, outcome{EBADMSG}, check.error());
            }
            out.messages = check.messages();
            out.bytes = check.total_bytes();
            out.senders = check.senders();
            continue;
        }
        if (what.code == ECONNRESET && plan.expect_reset) {
            ++out.resets;
            out.last = what;
            out.local = local_of(one);
            continue;
        }
        if (what.code != ETIMEDOUT) {
            return fail(out, what, "receive");
        }
        if (plan.idle_end != 0s && out.senders >= plan.senders && now - last >= plan.idle_end) {
            return;
        }
        if (now - start >= plan.timeout) {
            return fail(out, what,
                        "after " + std::to_string(out.messages) + " messages of " + std::to_string(out.senders) +
                            " senders");
        }
    }
    if (out.senders != plan.senders) {
        out.error = std::to_string(out.senders) + " senders instead of " + std::to_string(plan.senders);
    }
}

void watch(const endpoint& one, const traffic_plan& plan, result& out) {
    if (const auto what = one.connect(plan.to); !what) {
        return fail(out, what, "connect to " + to_string(plan.to));
    }
    argo_space space{};
    if (const auto what = one.space(nowhere, 0, space); !what || (space.state & ARGO_STATE_EXISTS) == 0) {
        return fail(out, what ? outcome{ECONNREFUSED} : what, "look at " + to_string(plan.to));
    }
    std::cerr << "watching" << std::endl;
    const auto events = one.poll(0, plan.timeout);
    if ((events & POLLHUP) == 0) {
        out.error = "no hang-up, but poll events " + std::to_string(events);
        return;
    }
    message received;
    out.last = one.receive(received, 64, {0, plan.timeout});
    if (out.last.code != ECONNRESET) {
        fail(out, out.last, "receive after the hang-up");
    }
}

int run(const traffic_plan& plan, void (*body)(const endpoint&, const traffic_plan&, result&)) {
    result out;
    endpoint one;
    if (const auto what = one.bind(plan.bind); !what) {
        fail(out, what, "bind to port " + std::to_string(plan.bind.port));
        return report(out);
    }
    out.local = one.local();
    std::cerr << "ready " << to_string(out.local) << std::endl;
    body(one, plan, out);
    if (out.error.empty() && plan.expect_reset && out.resets != 1) {
        out.error = "ECONNRESET came " + std::to_string(out.resets) + " times instead of once";
    }
    return report(out);
}

} // namespace

int send_traffic(const traffic_plan& plan) { return run(plan, send_all); }

int receive_traffic(const traffic_plan& plan) { return run(plan, receive_all); }

int watch_peer(const traffic_plan& plan) { return run(plan, watch); }

int try_each(const traffic_plan& plan, std::span<const argo_addr> to) {
    endpoint one;
    if (const auto what = one.bind(plan.bind); !what) {
        std::cerr << "bind: " << what << '\n';
        return 2;
    }
    std::string names;
    for (std::uint32_t number = 0; number < to.size(); ++number) {
        const auto what = one.send(to[number], make_message(plan.pattern, one.local(), number), number, no_wait);
        names += (number == 0 ? "" : ", ") + quoted(name_of(what));
    }
    std::cout << "{\"local\": " << quoted(to_string(one.local())) << ", \"errors\": [" << names << "]}" << std::endl;
    return 0;
}

} // namespace guest
