// SPDX-License-Identifier: MIT
#include "hmx_model.hpp"

#include <algorithm>

namespace argo_fuzz {

namespace {

u32 slots(std::size_t bytes) { return static_cast<u32>((bytes + 15) / 16 * 16); }

} // namespace

u32 model_ring::used() const {
    u32 sum = 0;
    for (const message& msg : unread) {
        sum += 16 + slots(msg.payload.size());
    }
    return sum;
}

u32 model_ring::space() const { return used() + 32 > len ? 0 : len - used() - 32; }

std::optional<std::size_t> hmx_model::find(u16 id) const {
    for (std::size_t i = 0; i < domains.size(); ++i) {
        if (domains[i].alive && domains[i].id == id) {
            return i;
        }
    }
    return std::nullopt;
}

bool hmx_model::allowed(u16 source, u16 owner, u32 port, model_right right) const {
    const auto is = [](u16 rule, u16 domid) { return rule == ARGO_DOMID_ANY || rule == domid; };
    return rules.empty() || std::any_of(rules.begin(), rules.end(), [&](const model_rule& rule) {
               return (rule.rights & static_cast<unsigned int>(right)) != 0 && is(rule.source, source) &&
                      is(rule.owner, owner) && rule.first <= port && port <= rule.last;
           });
}

model_ring* hmx_model::match(model_domain& owner, u32 port, u16 sender) {
    for (const u16 partner : {sender, u16{ARGO_DOMID_ANY}}) {
        if (const auto found = owner.rings.find({port, partner}); found != owner.rings.end()) {
            return &found->second;
        }
    }
    return nullptr;
}

int hmx_model::register_ring(std::size_t self, ring_name name, u32 len, u32 flags, bool pages_are_good) {
    model_domain& owner = domains[self];
    const auto partner = find(name.partner);
    if (name.partner != ARGO_DOMID_ANY && !partner) {
        return -ESRCH;
    }
    if (!allowed(name.partner, owner.id, name.port,
                 name.partner == ARGO_DOMID_ANY ? model_right::register_any : model_right::register_single)) {
        return -EACCES;
    }
    if (!usable(self)) {
        return -ENODEV;
    }
    if (partner && !usable(*partner)) {
        return -ECONNREFUSED;
    }
    if (owner.counted >= max_rings) {
        return -ENOSPC;
    }
    const auto old = owner.rings.find(name);
    if (old != owner.rings.end() && ((flags & HMX_REGISTER_FAIL_EXIST) != 0 || old->second.len != len)) {
        return -EEXIST;
    }
    if (!pages_are_good) {
        owner.rings.erase(name);
        return -EINVAL;
    }
    // Who waits goes on waiting.
    owner.rings[name].len = len;
    owner.rings[name].unread.clear();
    ++owner.counted;
    return 0;
}

int hmx_model::unregister(std::size_t self, ring_name name) {
    if (!usable(self)) {
        return -ENODEV;
    }
    if (domains[self].rings.erase(name) == 0) {
        return -ENOENT;
    }
    --domains[self].counted;
    return 0;
}

int hmx_model::wait(model_ring& ring, std::size_t self, u32 len) const {
    if (!ring.waiters.contains(self) && ring.waiters.size() >= max_waiters) {
        return -EBUSY;
    }
    ring.waiters[self] = std::max(ring.waiters[self], len);
    return 0;
}

int hmx_model::send(std::size_t self, u16 to, u32 port, message msg, bool memory_is_there) {
    std::size_t dst = 0;
    if (const int rc = resolve(self, msg.port, to, port, dst); rc != 0) {
        return rc;
    }
    if (!allowed(domains[self].id, domains[dst].id, port, model_right::send)) {
        return -EACCES;
    }
    if (!usable(self)) {
        return -ENODEV;
    }
    model_ring* ring = usable(dst) ? match(domains[dst], port, domains[self].id) : nullptr;
    if (ring == nullptr) {
        return -ECONNREFUSED;
    }
    const u32 len = static_cast<u32>(msg.payload.size());
    const u32 need = 16 + slots(len);
    if (need >= ring->len) {
        return -EMSGSIZE;
    }
    if (ring->used() + need >= ring->len) {
        const int rc = wait(*ring, self, len);
        return rc == 0 ? -EAGAIN : rc;
    }
    if (!memory_is_there) {
        return -EFAULT;
    }
    msg.domid = domains[self].id;
    ring->unread.push_back(std::move(msg));
    ++domains[dst].interrupts;
    return static_cast<int>(len);
}

int hmx_model::notify(std::size_t self) {
    if (!usable(self)) {
        return -ENODEV;
    }
    for (auto& [name, ring] : domains[self].rings) {
        const u32 space = ring.space();
        for (auto waiter = ring.waiters.begin(); space != 0 && waiter != ring.waiters.end();) {
            if (waiter->second > space) {
                ++waiter;
                continue;
            }
            ++domains[waiter->first].interrupts;
            waiter = ring.waiters.erase(waiter);
        }
    }
    return 0;
}

hmx_model::answer hmx_model::query(std::size_t self, u16 to, u32 port, u32 need) {
    std::size_t dst = 0;
    // A question names the own port where a message names none.
    u32 dst_port = to == ARGO_DOMID_ANY ? 0 : port;
    const bool there = resolve(self, port, to, dst_port, dst) == 0 && usable(dst);
    if (there && !allowed(domains[self].id, domains[dst].id, dst_port, model_right::send)) {
        return {.rc = -EACCES};
    }
    model_ring* ring = there ? match(domains[dst], dst_port, domains[self].id) : nullptr;
    if (ring == nullptr) {
        return {};
    }
    unsigned int flags = ARGO_HV_EXISTS;
    if (!domains[dst].rings.contains({dst_port, domains[self].id})) {
        flags |= ARGO_HV_SHARED;
    }
    if (ring->unread.empty()) {
        flags |= ARGO_HV_EMPTY;
    }
    if (need > ring->largest()) {
        flags |= ARGO_HV_TOO_LARGE;
    } else if (need <= ring->space()) {
        flags |= ARGO_HV_SUFFICIENT;
        ring->waiters.erase(self);
    } else if (wait(*ring, self, need) != 0) {
        flags |= ARGO_HV_BUSY;
    }
    return {.flags = static_cast<u16>(flags), .max_message = ring->largest(), .rc = 0};
}

bool hmx_model::leads_somewhere(const model_cable& cable) const {
    if (cable.domid == ARGO_DOMID_PARENT) {
        return true;
    }
    const auto dst = find(cable.domid);
    return dst && usable(*dst) && domains[*dst].life == cable.life;
}

int hmx_model::resolve(std::size_t self, u32 from_port, u16 to, u32& port, std::size_t& dst) const {
    if (to == ARGO_DOMID_ANY) {
        if (port != 0) {
            return -EINVAL;
        }
        if (!usable(self)) {
            return -ENODEV;
        }
        const auto cable = domains[self].cables.find(from_port);
        if (cable == domains[self].cables.end() || !leads_somewhere(cable->second)) {
            return -ENOTCONN;
        }
        if (cable->second.domid == ARGO_DOMID_PARENT) {
            return -ENXIO;
        }
        to = cable->second.domid;
        port = cable->second.port;
    }
    const auto found = find(to);
    dst = found.value_or(0);
    return found ? 0 : -ESRCH;
}

int hmx_model::cable_add(std::size_t self, const argo_cable& cable) {
    const auto src = find(cable.src.domid);
    if (!src) {
        return -ESRCH;
    }
    if (domains[self].id != 0) {
        return -EPERM;
    }
    const bool to_parent = cable.dst.domid == ARGO_DOMID_PARENT;
    const auto dst = find(cable.dst.domid);
    if (!dst && !to_parent) {
        return -ESRCH;
    }
    if (!usable(*src)) {
        return -ENODEV;
    }
    if (!to_parent && !usable(*dst)) {
        return -ECONNREFUSED;
    }
    auto& cables = domains[*src].cables;
    const auto old = cables.find(cable.src.port);
    if (old != cables.end() && leads_somewhere(old->second)) {
        return -EEXIST;
    }
    cables[cable.src.port] = {
        .domid = cable.dst.domid, .port = cable.dst.port, .life = to_parent ? 0 : domains[*dst].life};
    return 0;
}

int hmx_model::cable_remove(std::size_t self, argo_addr src) {
    const auto owner = find(src.domid);
    if (!owner) {
        return -ESRCH;
    }
    if (domains[self].id != 0) {
        return -EPERM;
    }
    if (!usable(*owner)) {
        return -ENODEV;
    }
    return domains[*owner].cables.erase(src.port) == 0 ? -ENOENT : 0;
}

std::vector<argo_cable> hmx_model::cables() const {
    std::vector<argo_cable> out;
    for (const model_domain& it : domains) {
        for (const auto& [port, cable] : it.cables) {
            if (it.alive && leads_somewhere(cable)) {
                out.push_back({.src = {.port = port, .domid = it.id, .reserved = 0},
                               .dst = {.port = cable.port, .domid = cable.domid, .reserved = 0}});
            }
        }
    }
    return out;
}

void hmx_model::forget(std::size_t self) {
    model_domain& it = domains[self];
    if (!it.alive) {
        return;
    }
    it.rings.clear();
    it.counted = 0;
    for (model_domain& other : domains) {
        other.counted -= static_cast<u32>(
            std::erase_if(other.rings, [&](const auto& entry) { return entry.first.partner == it.id; }));
        for (auto& [name, ring] : other.rings) {
            ring.waiters.erase(self);
        }
    }
}

void hmx_model::destroy(std::size_t self) {
    forget(self);
    domains[self].cables.clear();
    domains[self].alive = false;
}

void hmx_model::soft_reset(std::size_t self) { forget(self); }

int hmx_model::restore(std::size_t self, u16 id) {
    const auto holder = find(id);
    if (holder && *holder != self) {
        return -EEXIST;
    }
    destroy(self);
    domains[self].alive = true;
    domains[self].id = id;
    domains[self].life = ++last_life;
    return 0;
}

} // namespace argo_fuzz
