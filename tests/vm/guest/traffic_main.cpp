// SPDX-License-Identifier: MIT
// argo-traffic: verified traffic from the command line, for tests of what happens to domains under it.
#include "traffic_run.hpp"

#include "arguments.hpp"

#include <algorithm>
#include <iostream>

namespace {

constexpr const char* usage = R"(usage:
  argo-traffic send --to DOMID:PORT --count N --size S|MIN-MAX [--seed X] [--port P] [--nonblock] [--rate PER_SECOND]
                    [--expect-reset] [--after-reset N] [--expect-gone] [--timeout SECONDS]
  argo-traffic recv --port P [--partner DOMID] [--ring BYTES] [--count N] [--senders K] [--size S|MIN-MAX] [--seed X]
                    [--expect-reset] [--allow-gaps] [--idle-end SECONDS] [--timeout SECONDS]
  argo-traffic watch --to DOMID:PORT [--timeout SECONDS]
  argo-traffic try  DOMID:PORT... [--size S] [--seed X]
One line of JSON with the result; exit status 0 when all is as expected.
  --expect-reset  this domain is restored meanwhile: ECONNRESET must come exactly once; messages may be missing
  --after-reset   a sender ends when it has sent so many after the reset
  --allow-gaps    a sender's domain is restored meanwhile: messages may be missing, none may be repeated
  --expect-gone   the peer goes away meanwhile: ends well only with EPIPE, ECONNRESET or ECONNREFUSED
  --idle-end      ends well when nothing came for so long, if --senders were seen
watch connects and waits until the peer is gone, which must be a hang-up and an ECONNRESET.
try sends one message to each address, from one endpoint and without waiting, and reports the error of each.
)";

std::pair<std::uint32_t, std::uint32_t> parse_sizes(const std::string& text) {
    const auto dash = text.find('-');
    const auto least = guest::arguments::parse<std::uint32_t>(text.substr(0, dash));
    const auto most = dash == std::string::npos ? least : guest::arguments::parse<std::uint32_t>(text.substr(dash + 1));
    if (most < least) {
        throw std::invalid_argument("'" + text + "' is not a range of sizes");
    }
    return {least, most};
}

guest::traffic_plan plan_of(const guest::arguments& options) {
    guest::traffic_plan plan;
    std::tie(plan.pattern.min_size, plan.pattern.max_size) = parse_sizes(options.text("size", "0-1000"));
    plan.pattern.seed = options.number<std::uint64_t>("seed", 1);
    plan.count = options.number<std::uint32_t>("count", 0);
    plan.senders = options.number<std::uint32_t>("senders", 1);
    plan.nonblock = options.has("nonblock");
    plan.rate = options.number<std::uint32_t>("rate", 0);
    plan.expect_reset = options.has("expect-reset");
    plan.after_reset = options.number<std::uint32_t>("after-reset", 0);
    plan.expect_gone = options.has("expect-gone");
    plan.allow_gaps = options.has("allow-gaps");
    plan.timeout = std::chrono::seconds{options.number<std::uint32_t>("timeout", 120)};
    plan.idle_end = std::chrono::seconds{options.number<std::uint32_t>("idle-end", 0)};
    plan.bind.port = options.number<std::uint32_t>("port", 0);
    plan.bind.partner = guest::parse_domid(options.text("partner", "any"));
    plan.bind.ring_size = options.number<std::uint32_t>("ring", 65536);
    return plan;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const guest::arguments options{argc, argv, {"nonblock", "expect-reset", "expect-gone", "allow-gaps"}};
        if (options.words().empty()) {
            std::cerr << usage;
            return 2;
        }
        auto plan = plan_of(options);
        const auto& what = options.words().front();
        if (what == "recv") {
            return guest::receive_traffic(plan);
        }
        // The ring of a sender is only its source port.
        plan.bind.ring_size = options.number<std::uint32_t>("ring", 4096);
        if (what == "try") {
            std::vector<argo_addr> to;
            for (std::size_t i = 1; i < options.words().size(); ++i) {
                to.push_back(guest::parse_address(options.words()[i]));
            }
            return guest::try_each(plan, to);
        }
        if (what == "send" || what == "watch") {
            plan.to = guest::parse_address(options.text("to"));
            return what == "send" ? guest::send_traffic(plan) : guest::watch_peer(plan);
        }
        std::cerr << usage;
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "argo-traffic: " << error.what() << '\n';
        return 2;
    }
}
