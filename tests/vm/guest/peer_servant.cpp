// SPDX-License-Identifier: MIT
#include "peer_servant.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>
#include <system_error>

namespace guest {

namespace {

using namespace std::chrono_literals;
using protocol::operation;

constexpr std::uint32_t control_ring = 65536;

protocol::reply failed(int error, std::uint32_t job = 0) {
    protocol::reply reply;
    reply.error = static_cast<std::uint32_t>(error);
    reply.job = job;
    return reply;
}

} // namespace

servant::servant(std::uint32_t port) : port_{port} { open(); }

void servant::open() {
    const auto what = control_.bind({port_, ARGO_DOMID_ANY, control_ring, 0});
    if (!what) {
        throw std::system_error(what.code, std::generic_category(), "bind to port " + std::to_string(port_));
    }
}

void servant::serve() {
    message received;
    for (;;) {
        const auto what = control_.receive(received, sizeof(protocol::request));
        if (what.code == EINTR) {
            continue;
        }
        if (what.code == ECONNRESET) {
            std::cerr << "argo-test-peer: this domain was restored, domid " << own_domid() << " now\n";
            continue;
        }
        if (!what) {
            throw std::system_error(what.code, std::generic_category(), "receive a request");
        }
        forget_ended();
        protocol::request request;
        if (received.len != sizeof(request)) {
            answer(received.from, received.type, failed(EPROTO));
            continue;
        }
        std::memcpy(&request, received.data.data(), sizeof(request));
        handle(received.from, received.type, request);
    }
}

void servant::handle(const argo_addr& from, std::uint32_t number, const protocol::request& request) {
    const auto found = jobs_.find(request.job);
    const auto report = [this, from, number](const protocol::reply& reply) { answer(from, number, reply); };
    switch (request.op) {
    case operation::ping: {
        protocol::reply reply;
        reply.local = address(own_domid(), port_);
        return answer(from, number, reply);
    }
    case operation::reset:
        std::erase_if(jobs_, [&](const auto& item) { return item.second.owner == from.domid; });
        return answer(from, number, {});
    case operation::echo:
    case operation::sink:
    case operation::hold:
    case operation::send:
        return answer(from, number, start(from, request));
    case operation::release:
    case operation::finish:
    case operation::stop:
        if (found == jobs_.end()) {
            return answer(from, number, failed(ENOENT, request.job));
        }
        if (request.op == operation::finish) {
            return found->second.work->finish(report);
        }
        if (request.op == operation::stop) {
            return found->second.work->stop(report);
        }
        found->second.work->release();
        return answer(from, number, {});
    }
    answer(from, number, failed(ENOSYS));
}

protocol::reply servant::start(const argo_addr& from, const protocol::request& request) {
    try {
        const auto number = ++last_job_;
        auto work = std::make_unique<job>(number, request);
        auto reply = work->start();
        if (reply.error == 0) {
            jobs_.emplace(number, entry{from.domid, std::move(work)});
        }
        return reply;
    } catch (const std::system_error& error) {
        return failed(error.code().value());
    }
}

void servant::answer(const argo_addr& to, std::uint32_t number, const protocol::reply& reply) {
    // A tester that does not read its answers, or has gone, is not waited for.
    const auto what = control_.send(to, std::as_bytes(std::span{&reply, 1}), number, {0, 5s});
    if (!what) {
        std::cerr << "argo-test-peer: answer to " << to_string(to) << ": " << what << '\n';
    }
}

void servant::forget_ended() {
    // Kept for a while, so that a tester can still ask for the result of a job that is over.
    constexpr std::size_t kept = 64;
    for (auto item = jobs_.begin(); item != jobs_.end() && jobs_.size() > kept;) {
        item = item->second.work->ended() ? jobs_.erase(item) : std::next(item);
    }
}

} // namespace guest
