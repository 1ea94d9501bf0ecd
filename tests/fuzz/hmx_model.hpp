// SPDX-License-Identifier: MIT
// What a hypervisor that speaks Argo must do, said as simply as possible: no memory, no locks, no lists.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "hmx.hpp"
#include "message.hpp"

namespace argo_fuzz {

using argo_test::message;

struct ring_name {
    u32 port;
    u16 partner;

    auto operator<=>(const ring_name&) const = default;
};

struct model_ring {
    u32 len = 0;
    std::deque<message> unread;
    /// Who waits (an index of @ref hmx_model::domains) for how many bytes.
    std::map<std::size_t, u32> waiters;

    [[nodiscard]] u32 used() const;
    [[nodiscard]] u32 space() const;
    [[nodiscard]] u32 largest() const { return len - 32; }
};

/// Where a cable leads.
struct model_cable {
    u16 domid;
    u32 port;
    u64 life; ///< of that domain
};

struct model_domain {
    u16 id = 0;
    u64 life = 0;         ///< a number that no other life has
    bool has_argo = true; ///< while it is alive
    bool alive = true;
    u32 counted = 0;
    unsigned int interrupts = 0;
    std::map<ring_name, model_ring> rings;
    std::map<u32, model_cable> cables; ///< by port
};

enum class model_right : std::uint8_t { send = 1, register_single = 2, register_any = 4 };

/// A rule of the engine, as data.
struct model_rule {
    u16 source;
    u16 owner;
    u32 first;
    u32 last;
    unsigned int rights;
};

struct hmx_model {
    u32 max_rings;
    u32 max_waiters;
    std::vector<model_domain> domains;
    /// None: all is allowed.
    std::vector<model_rule> rules = {};
    u64 last_life = 0;

    /// The operations, by domains as indexes; each returns what the hypercall must.
    int register_ring(std::size_t self, ring_name name, u32 len, u32 flags, bool pages_are_good);
    int unregister(std::size_t self, ring_name name);
    int send(std::size_t self, u16 to, u32 port, message msg, bool memory_is_there);
    int notify(std::size_t self);
    struct answer {
        u16 flags = 0;
        u32 max_message = 0;
        int rc = 0;
    };
    answer query(std::size_t self, u16 to, u32 port, u32 need);

    int cable_add(std::size_t self, const argo_cable& cable);
    int cable_remove(std::size_t self, argo_addr src);
    /// Those of all domains, in the order of domains and ports; only for domain 0.
    [[nodiscard]] std::vector<argo_cable> cables() const;

    void destroy(std::size_t self);
    void soft_reset(std::size_t self);
    int restore(std::size_t self, u16 id);

private:
    [[nodiscard]] bool usable(std::size_t self) const { return domains[self].alive && domains[self].has_argo; }
    [[nodiscard]] bool leads_somewhere(const model_cable& cable) const;
    /// The domain and port that a message from a port to an address goes to; -EINVAL, -ENODEV, -ENOTCONN, -ENXIO,
    /// -ESRCH.
    int resolve(std::size_t self, u32 from_port, u16 to, u32& port, std::size_t& dst) const;
    [[nodiscard]] std::optional<std::size_t> find(u16 id) const;
    [[nodiscard]] bool allowed(u16 source, u16 owner, u32 port, model_right right) const;
    static model_ring* match(model_domain& owner, u32 port, u16 sender);
    /// Returns 0, or -EBUSY.
    int wait(model_ring& ring, std::size_t self, u32 len) const;
    void forget(std::size_t self);
};

} // namespace argo_fuzz
