/* SPDX-License-Identifier: MIT */
#include "inspect.h"

#include "locks.h"

static bool lives(const struct hmx_domain* domain) {
    return hmx_domain_find(domain->engine, domain->id) == domain && !hlist_unhashed(&domain->node);
}

static bool in_wildcard_list(const struct hmx_pending* wanted) {
    const struct hmx_pending* pending;

    list_for_each_entry(pending, &wanted->domain->wildcard_pending, wildcard) {
        if (pending == wanted)
            return true;
    }
    return false;
}

static const char* check_pending(const struct hmx_ring* ring) {
    const struct hmx_pending* pending;
    const struct hmx_pending* other;
    u32 n = 0;

    list_for_each_entry(pending, &ring->pending, node) {
        n++;
        if (pending->ring != ring)
            return "a waiter is on another ring's list";
        if (!lives(pending->domain))
            return "a dead domain waits";
        if (ring->partner != ARGO_DOMID_ANY && ring->partner != pending->domain->id)
            return "a domain waits that cannot send";
        if (ring->partner == ARGO_DOMID_ANY && !in_wildcard_list(pending))
            return "a waiter on a ring for all is not on its domain's list";
        if (pending->len > argo_ring_max_message(ring->len))
            return "a domain waits for what never fits";
        list_for_each_entry(other, &ring->pending,
                            node) if (other != pending &&
                                      other->domain == pending->domain) return "a domain waits twice";
    }
    if (n != ring->nr_pending || n > ring->owner->engine->params.max_waiters)
        return "the number of waiters is wrong";
    return NULL;
}

static u32 count_records(struct hmx_domain* partner, const struct hmx_ring* ring) {
    const struct hmx_partner_ring* record;
    u32 n = 0;

    for (unsigned int i = 0; i < HMX_BUCKETS; i++)
        hlist_for_each_entry(record, &partner->partner_rings[i], node) n +=
            record->owner == ring->owner && record->port == ring->port;
    return n;
}

static const char* check_ring(struct hmx_domain* owner, struct hmx_ring* ring) {
    struct hmx_domain* partner;

    if (ring->owner != owner || hmx_ring_find(owner, ring->port, ring->partner) != ring)
        return "a ring is not where it belongs";
    if (!argo_ring_index_ok(ring->tx, ring->len))
        return "a send index is none";
    if (ring->partner != ARGO_DOMID_ANY) {
        partner = hmx_domain_find(owner->engine, ring->partner);
        if (!partner || !partner->argo)
            return "a ring has outlived its partner";
        if (count_records(partner, ring) != 1)
            return "the partner has not one record of a ring";
    }
    return check_pending(ring);
}

static const char* check_records(struct hmx_domain* domain) {
    const struct hmx_partner_ring* record;

    for (unsigned int i = 0; i < HMX_BUCKETS; i++) {
        hlist_for_each_entry(record, &domain->partner_rings[i], node) {
            if (!lives(record->owner) || !hmx_ring_find(record->owner, record->port, domain->id))
                return "a partner's record has outlived its ring";
        }
    }
    return NULL;
}

static const char* check_wildcard(struct hmx_domain* domain) {
    const struct hmx_pending* pending;

    list_for_each_entry(pending, &domain->wildcard_pending, wildcard) {
        const struct hmx_ring* ring = pending->ring;

        if (pending->domain != domain || ring->partner != ARGO_DOMID_ANY || !lives(ring->owner))
            return "a wildcard list has what does not belong there";
    }
    return NULL;
}

static const char* check_cables(const struct hmx_domain* domain) {
    if (domain->nr_cables > HMX_MAX_CABLES || (domain->nr_cables && !domain->argo))
        return "the number of cables is wrong";
    for (u32 i = 0; i < domain->nr_cables; i++)
        for (u32 other = 0; other < i; other++)
            if (domain->cables[i].port == domain->cables[other].port)
                return "a port has two cables";
    return NULL;
}

static const char* check_domain(struct hmx_domain* domain) {
    struct hmx_ring* ring;
    const char* wrong = NULL;
    u32 n = 0;

    for (unsigned int i = 0; i < HMX_BUCKETS; i++) {
        hlist_for_each_entry(ring, &domain->rings[i], node) {
            n++;
            if (!wrong)
                wrong = check_ring(domain, ring);
        }
    }
    if (wrong)
        return wrong;
    if (n > domain->nr_rings || domain->nr_rings > domain->engine->params.max_rings)
        return "the number of rings is wrong";
    if (n && !domain->argo)
        return "a domain without Argo has a ring";
    wrong = check_records(domain);
    if (!wrong)
        wrong = check_cables(domain);
    return wrong ? wrong : check_wildcard(domain);
}

const char* hmx_inspect(struct hmx_engine* engine) {
    struct hmx_domain* domain;
    const char* wrong = hmx_user_locks_held() ? "a lock is still held" : NULL;

    write_lock_bh(&engine->l1);
    for (unsigned int i = 0; i < HMX_BUCKETS; i++)
        hlist_for_each_entry(domain, &engine->domains[i], node) if (!wrong) wrong = check_domain(domain);
    write_unlock_bh(&engine->l1);
    return wrong;
}

int64_t hmx_inspect_waiter(struct hmx_domain* owner, u32 port, u16 partner, u16 waiter) {
    const struct hmx_pending* pending;
    const struct hmx_ring* ring;
    int64_t len = -2;

    write_lock_bh(&owner->engine->l1);
    ring = hmx_ring_find(owner, port, partner);
    if (ring) {
        len = -1;
        list_for_each_entry(pending, &ring->pending, node) if (pending->domain->id == waiter) len = pending->len;
    }
    write_unlock_bh(&owner->engine->l1);
    return len;
}

u32 hmx_inspect_counted_rings(struct hmx_domain* owner) {
    u32 n;

    write_lock_bh(&owner->engine->l1);
    n = owner->nr_rings;
    write_unlock_bh(&owner->engine->l1);
    return n;
}

u32 hmx_inspect_rings(struct hmx_domain* owner) {
    const struct hmx_ring* ring;
    u32 n = 0;

    write_lock_bh(&owner->engine->l1);
    for (unsigned int i = 0; i < HMX_BUCKETS; i++)
        hlist_for_each_entry(ring, &owner->rings[i], node) n++;
    write_unlock_bh(&owner->engine->l1);
    return n;
}

unsigned int hmx_inspect_locks_held(void) { return hmx_user_locks_held(); }

bool hmx_inspect_holds_l1(struct hmx_domain* domain) { return hmx_r_l1(domain->engine) && !hmx_w_l1(domain->engine); }

void hmx_inspect_break_locking(struct hmx_domain* domain) { hmx_ring_find(domain, 1, ARGO_DOMID_ANY); }
