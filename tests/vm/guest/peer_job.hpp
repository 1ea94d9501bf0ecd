// SPDX-License-Identifier: MIT
#pragma once

#include "endpoint.hpp"
#include "peer_protocol.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace guest {

/// One job of a servant, in a thread of its own with an endpoint of its own.
class job {
public:
    /// Called, in any thread, with the answer to a `finish` or `stop`.
    using answer = std::function<void(const protocol::reply&)>;

    job(std::uint32_t number, const protocol::request& want);
    job(const job&) = delete;
    job& operator=(const job&) = delete;
    ~job();

    /// Binds and starts. The reply says where the job listens, or why it does not.
    protocol::reply start();
    void release() { released_ = true; }
    void finish(const answer& report);
    void stop(const answer& report);

    [[nodiscard]] bool ended() const { return ended_; }

private:
    void run();
    void work();
    void echo();
    void sink();
    void send();
    outcome wait_for_room(const argo_addr& to, std::uint32_t size);
    [[nodiscard]] bool over() const;
    /// Waits in short slices, so that stop and the lifetime are noticed.
    bool wait_readable() const;
    void fail(outcome what, const std::string& text);
    void conclude();

    protocol::request want_;
    endpoint endpoint_;
    std::chrono::steady_clock::time_point deadline_;
    std::atomic<bool> released_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> ended_{false};
    std::mutex mutex_; // reports_, concluded_, and result_ once concluded_ is set
    std::vector<answer> reports_;
    bool concluded_ = false;
    protocol::reply result_;
    std::thread thread_;
};

} // namespace guest
