// SPDX-License-Identifier: MIT
#pragma once

#include "endpoint.hpp"
#include "pattern.hpp"
#include "peer_protocol.hpp"

#include <memory>
#include <optional>

namespace guest {

class peer_client;

/// A job that a servant runs for this tester; ends with it.
class remote_job {
public:
    remote_job(peer_client& peer, const protocol::reply& started) : peer_{&peer}, started_{started} {}
    remote_job(remote_job&& other) noexcept : peer_{std::exchange(other.peer_, nullptr)}, started_{other.started_} {}
    remote_job& operator=(remote_job&&) = delete;
    remote_job(const remote_job&) = delete;
    remote_job& operator=(const remote_job&) = delete;
    ~remote_job();

    [[nodiscard]] outcome error() const { return {static_cast<int>(started_.error)}; }
    [[nodiscard]] argo_addr address() const { return started_.local; }
    [[nodiscard]] std::uint32_t ring_size() const { return started_.ring_size; }
    [[nodiscard]] std::uint32_t max_message() const { return started_.max_message; }

    void release();
    /// Waits until the job has done what it was to do.
    protocol::reply finish();
    protocol::reply stop();

private:
    protocol::reply ask(protocol::operation what);

    peer_client* peer_;
    protocol::reply started_;
};

/// A tester's connection to the servant of one domain. Not for several threads at once.
class peer_client {
public:
    /// Throws std::runtime_error when no servant answers there.
    peer_client(std::uint16_t domid, std::uint32_t port = protocol::default_port);

    [[nodiscard]] std::uint16_t domid() const { return domid_; }

    remote_job start(protocol::request want);
    remote_job echo(std::uint32_t ring_size = 65536);
    remote_job sink(const traffic& what, std::uint64_t count, std::uint32_t ring_size = 65536);
    remote_job hold(const traffic& what, std::uint64_t count, std::uint32_t ring_size = 65536);
    remote_job send(const traffic& what, std::uint64_t count, const argo_addr& to,
                    protocol::send_mode mode = protocol::send_mode::blocking);

    protocol::reply ask(const protocol::request& want);

private:
    [[nodiscard]] protocol::request receiver(protocol::operation op, const traffic& what, std::uint64_t count,
                                             std::uint32_t ring_size) const;

    endpoint control_;
    argo_addr servant_;
    std::uint16_t domid_;
    std::uint32_t last_number_ = 0;
};

} // namespace guest
