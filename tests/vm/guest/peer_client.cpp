// SPDX-License-Identifier: MIT
#include "peer_client.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace guest {

namespace {

using namespace std::chrono_literals;
using protocol::operation;

constexpr duration answer_time = 120s;

void require(outcome what, const std::string& doing) {
    if (what) {
        return;
    }
    std::ostringstream text;
    text << doing << ": " << what;
    throw std::runtime_error(text.str());
}

} // namespace

remote_job::~remote_job() {
    if (peer_ == nullptr || started_.error != 0) {
        return;
    }
    try {
        stop();
    } catch (const std::exception& error) {
        std::cerr << "stopping a job of the peer: " << error.what() << '\n';
    }
}

void remote_job::release() { ask(operation::release); }
protocol::reply remote_job::finish() { return ask(operation::finish); }
protocol::reply remote_job::stop() { return ask(operation::stop); }

protocol::reply remote_job::ask(operation what) {
    protocol::request request;
    request.op = what;
    request.job = started_.job;
    return peer_->ask(request);
}

peer_client::peer_client(std::uint16_t domid, std::uint32_t port) : servant_{guest::address(domid, port)} {
    require(control_.bind({ARGO_PORT_ANY, domid, 16384, 0}),
            "bind a ring for the answers of domain " + std::to_string(domid));
    protocol::request request;
    request.op = operation::ping;
    domid_ = ask(request).local.domid;
    request.op = operation::reset;
    ask(request);
}

protocol::reply peer_client::ask(const protocol::request& want) {
    const auto where = "servant at " + to_string(servant_);
    const auto number = ++last_number_;
    require(control_.send(servant_, std::as_bytes(std::span{&want, 1}), number, {0, 10s}), "request to the " + where);
    for (;;) {
        message received;
        const auto what = control_.receive(received, sizeof(protocol::reply), {0, answer_time});
        if (what.code == EINTR) {
            continue;
        }
        require(what, "answer of the " + where);
        if (received.type != number) {
            continue;
        }
        protocol::reply reply;
        if (received.len != sizeof(reply)) {
            throw std::runtime_error(where + ": answer of " + std::to_string(received.len) + " bytes");
        }
        std::memcpy(&reply, received.data.data(), sizeof(reply));
        return reply;
    }
}

remote_job peer_client::start(protocol::request want) { return {*this, ask(want)}; }

protocol::request peer_client::receiver(operation op, const traffic& what, std::uint64_t count,
                                        std::uint32_t ring_size) const {
    protocol::request want;
    want.op = op;
    want.partner = control_.domid();
    want.ring_size = ring_size;
    want.seed = what.seed;
    want.min_size = what.min_size;
    want.max_size = what.max_size;
    want.count = count;
    return want;
}

remote_job peer_client::echo(std::uint32_t ring_size) { return start(receiver(operation::echo, {}, 0, ring_size)); }

remote_job peer_client::sink(const traffic& what, std::uint64_t count, std::uint32_t ring_size) {
    return start(receiver(operation::sink, what, count, ring_size));
}

remote_job peer_client::hold(const traffic& what, std::uint64_t count, std::uint32_t ring_size) {
    return start(receiver(operation::hold, what, count, ring_size));
}

remote_job peer_client::send(const traffic& what, std::uint64_t count, const argo_addr& to, protocol::send_mode mode) {
    auto want = receiver(operation::send, what, count, 4096);
    want.to = to;
    want.mode = mode;
    return start(want);
}

} // namespace guest
