// SPDX-License-Identifier: MIT
#include "peer_job.hpp"

#include "pattern.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>

namespace guest {

namespace {

using namespace std::chrono_literals;
using protocol::operation;

constexpr auto slice = 100ms;
constexpr std::uint32_t default_lifetime_ms = 120'000;

traffic traffic_of(const protocol::request& want) { return {want.seed, want.min_size, want.max_size}; }

} // namespace

job::job(std::uint32_t number, const protocol::request& want) : want_{want}, released_{want.op != operation::hold} {
    const auto lifetime = want.lifetime_ms == 0 ? default_lifetime_ms : want.lifetime_ms;
    deadline_ = std::chrono::steady_clock::now() + std::chrono::milliseconds{lifetime};
    result_.job = number;
}

job::~job() {
    stopping_ = true;
    if (thread_.joinable()) {
        thread_.join();
    }
}

protocol::reply job::start() {
    const auto what =
        endpoint_.bind({want_.port, static_cast<std::uint16_t>(want_.partner), want_.ring_size, want_.bind_flags});
    if (!what) {
        fail(what, "bind to port " + std::to_string(want_.port));
        return result_;
    }
    result_.local = endpoint_.local();
    result_.ring_size = endpoint_.ring_size();
    result_.max_message = endpoint_.max_message();
    const auto started = result_;
    thread_ = std::thread{[this] { run(); }};
    return started;
}

void job::finish(const answer& report) {
    std::optional<protocol::reply> now;
    {
        const std::lock_guard lock{mutex_};
        if (concluded_) {
            now = result_;
        } else {
            reports_.push_back(report);
        }
    }
    if (now) {
        report(*now);
    }
}

void job::stop(const answer& report) {
    stopping_ = true;
    finish(report);
}

void job::run() {
    try {
        work();
    } catch (const std::exception& error) {
        fail(outcome{EIO}, error.what());
    }
    // The port is free before anybody hears that the job is over.
    endpoint_.close();
    conclude();
    ended_ = true;
}

void job::work() {
    switch (want_.op) {
    case operation::echo:
        echo();
        break;
    case operation::sink:
    case operation::hold:
        sink();
        break;
    case operation::send:
        send();
        break;
    default:
        fail(outcome{EINVAL}, "no such job");
    }
}

void job::echo() {
    message received;
    while (wait_readable()) {
        if (const auto what = endpoint_.receive(received, endpoint_.max_message(), no_wait); !what) {
            return fail(what, "receive");
        }
        const auto what = endpoint_.send(received.from, received.data, received.type, {0, 30s});
        if (!what) {
            return fail(what, "send back to " + to_string(received.from));
        }
        ++result_.messages;
        result_.bytes += received.len;
    }
}

void job::sink() {
    verifier check{traffic_of(want_)};
    message received;
    while (!released_) {
        if (over()) {
            // It was to read nothing, and its end is no reason to.
            return;
        }
        std::this_thread::sleep_for(10ms);
    }
    while ((want_.count == 0 || check.messages() < want_.count) && wait_readable()) {
        if (const auto what = endpoint_.receive(received, endpoint_.max_message(), no_wait); !what) {
            return fail(what, "receive");
        }
        if (!check.check(received.from, received.type, received.len, received.data)) {
            return fail(outcome{EBADMSG}, check.error());
        }
        result_.messages = check.messages();
        result_.bytes = check.total_bytes();
    }
    if (check.messages() < want_.count) {
        fail(outcome{ETIMEDOUT}, "only " + std::to_string(check.messages()) + " messages came");
    }
}

void job::send() {
    const auto pattern = traffic_of(want_);
    for (std::uint32_t sequence = 0; sequence < want_.count; ++sequence) {
        const auto data = make_message(pattern, endpoint_.local(), sequence);
        const bool polling = want_.mode == protocol::send_mode::polling;
        outcome what;
        do {
            if (over()) {
                return fail(outcome{ETIMEDOUT}, "stopped after " + std::to_string(sequence) + " messages");
            }
            what = endpoint_.send(want_.to, data, sequence, polling ? no_wait : wait{0, slice});
            if (polling && what.code == EAGAIN) {
                ++result_.waits;
                what = wait_for_room(want_.to, static_cast<std::uint32_t>(data.size()));
                if (what) {
                    what = outcome{EAGAIN};
                }
            }
        } while (what.code == EAGAIN || what.code == ETIMEDOUT);
        if (!what) {
            return fail(what, "send to " + to_string(want_.to));
        }
        ++result_.messages;
        result_.bytes += data.size();
    }
}

outcome job::wait_for_room(const argo_addr& to, std::uint32_t size) {
    argo_space space{};
    if (const auto what = endpoint_.space(to, size, space, {ARGO_SPACE_WATCH, forever}); !what) {
        return what;
    }
    while (!over()) {
        if (endpoint_.poll(POLLOUT, slice) != 0) {
            break;
        }
    }
    return success;
}

bool job::over() const { return stopping_ || std::chrono::steady_clock::now() >= deadline_; }

bool job::wait_readable() const {
    for (;;) {
        // What has arrived when stop is asked for still counts.
        const bool last = over();
        if (endpoint_.poll(POLLIN, last ? 0ms : std::chrono::milliseconds{slice}) != 0) {
            return true;
        }
        if (last) {
            return false;
        }
    }
}

void job::fail(outcome what, const std::string& text) {
    result_.error = static_cast<std::uint32_t>(what.code);
    const auto length = std::min(text.size(), result_.text.size() - 1);
    std::copy_n(text.begin(), length, result_.text.begin());
}

void job::conclude() {
    std::vector<answer> reports;
    {
        const std::lock_guard lock{mutex_};
        concluded_ = true;
        reports.swap(reports_);
    }
    for (const auto& report : reports) {
        report(result_);
    }
}

} // namespace guest
