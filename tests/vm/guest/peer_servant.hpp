// SPDX-License-Identifier: MIT
#pragma once

#include "endpoint.hpp"
#include "peer_job.hpp"

#include <cstdint>
#include <map>
#include <memory>

namespace guest {

/// Serves the requests of testers in any domain on one control port.
class servant {
public:
    explicit servant(std::uint32_t port);

    /// Does not return; throws std::system_error when the control endpoint is no longer usable.
    [[noreturn]] void serve();

private:
    struct entry {
        std::uint16_t owner;
        std::unique_ptr<job> work;
    };

    void open();
    void handle(const argo_addr& from, std::uint32_t number, const protocol::request& request);
    protocol::reply start(const argo_addr& from, const protocol::request& request);
    void answer(const argo_addr& to, std::uint32_t number, const protocol::reply& reply);
    void forget_ended();

    std::uint32_t port_;
    endpoint control_;
    std::uint32_t last_job_ = 0;
    std::map<std::uint32_t, entry> jobs_;
};

} // namespace guest
