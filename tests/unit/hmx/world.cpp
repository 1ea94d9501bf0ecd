// SPDX-License-Identifier: MIT
#include "world.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

namespace hmx_test {

namespace {

bool is_error(const void* ptr) { return reinterpret_cast<std::uintptr_t>(ptr) >= -std::uintptr_t{page_size}; }

template <class T> T* checked(T* ptr) {
    if (ptr == nullptr || is_error(ptr)) {
        throw std::runtime_error("error " + std::to_string(reinterpret_cast<std::intptr_t>(ptr)));
    }
    return ptr;
}

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

hmx_params permissive() {
    hmx_params params{};
    hmx_params_init(&params);
    params.mac_permissive = true;
    return params;
}

engine::engine(const hmx_params& params) : params_(params), engine_(checked(hmx_engine_create(&params_))) {}

std::string engine::wrong() const {
    const char* text = hmx_inspect(get());
    return text == nullptr ? "" : text;
}

ring::ring(u32 len) : len_(len) {
    for (u32 size = 0; size < sizeof(argo_ring_header) + len; size += page_size) {
        pages_.push_back(std::make_unique<page>());
        pointers_.push_back(pages_.back()->bytes.data());
    }
}

void ring::start_at(u32 index) { header().rx_ptr = header().tx_ptr = index; }

std::optional<message> ring::parse(u32& next) const {
    // The parser wants the ring in one piece.
    std::vector<argo_ring_header> whole(pages_.size() * page_size / sizeof(argo_ring_header));
    u8* bytes = reinterpret_cast<u8*>(whole.data());
    for (std::size_t i = 0; i < pages_.size(); ++i) {
        std::memcpy(bytes + i * page_size, pointers_[i], page_size);
    }

    argo_ring_msg msg{};
    const int result = argo_ring_next(whole.data(), len_, header().rx_ptr, &msg);
    if (result < 0) {
        throw std::runtime_error("the ring makes no sense");
    }
    if (result == 0) {
        return std::nullopt;
    }
    message out{.port = msg.port, .domid = msg.domid, .type = msg.type, .payload = {}};
    std::array<argo_ring_segment, 2> segments{};
    const unsigned int count = argo_ring_segments(len_, &msg, 0, msg.len, segments.data());
    for (unsigned int i = 0; i < count; ++i) {
        const u8* from = bytes + sizeof(argo_ring_header) + segments.at(i).offset;
        out.payload.insert(out.payload.end(), from, from + segments.at(i).len);
    }
    next = msg.next;
    return out;
}

std::optional<message> ring::peek() const {
    u32 next = 0;
    return parse(next);
}

std::optional<message> ring::take() {
    u32 next = 0;
    auto out = parse(next);
    if (out) {
        argo_ring_release(&header(), next);
    }
    return out;
}

u32 ring::drain() {
    u32 n = 0;
    while (take()) {
        ++n;
    }
    return n;
}

argo_hv_iov piece(const std::vector<u8>& bytes) {
    return {.base = reinterpret_cast<std::uintptr_t>(bytes.data()), .len = static_cast<u32>(bytes.size()), .pad = 0};
}

argo_hv_iov absent_piece(u32 len) { return {.base = 0, .len = len, .pad = 0}; }

int copy_from(void* /*ctx*/, void* to, u64 base, u32 len) {
    // All of a ring's locks are held, and nothing beside them.
    require(hmx_inspect_locks_held() == 3);
    require(len != 0);
    if (base < page_size) {
        return -EFAULT;
    }
    std::memcpy(to, reinterpret_cast<const void*>(base), len);
    return 0;
}

domain::domain(const engine& engine, u16 id, bool argo) {
    static constexpr hmx_domain_ops ops{.interrupt = on_interrupt, .delay = on_delay, .denied = nullptr};
    domain_.reset(checked(hmx_domain_create(engine.get(), id, argo, &ops, this)));
}

void domain::on_interrupt(void* ctx) {
    auto* self = static_cast<domain*>(ctx);
    require(hmx_inspect_locks_held() == 1 && hmx_inspect_holds_l1(self->get()));
    ++self->interrupts_;
}

void domain::on_delay(void* ctx) { ++static_cast<domain*>(ctx)->delayed_; }

int domain::register_ring(ring& memory, u32 port, u16 partner, u32 flags) const {
    const hmx_register reg{.port = port, .partner = partner, .pad = 0, .len = memory.len()};
    return hmx_register_ring(get(), &reg, memory.pages().data(), memory.npages(), flags);
}

int domain::unregister(u32 port, u16 partner) const {
    const hmx_unregister unreg{.port = port, .partner = partner, .pad = 0};
    return hmx_unregister_ring(get(), &unreg);
}

int domain::send(const domain& to, u32 port, const std::vector<u8>& bytes, u32 from_port, u32 type) const {
    return send(to.id(), port, {piece(bytes)}, from_port, type);
}

int domain::send(u16 to, u32 port, const std::vector<argo_hv_iov>& pieces, u32 from_port, u32 type) const {
    const hmx_message msg{.src = {.port = from_port, .domid = ARGO_DOMID_ANY, .pad = 0},
                          .dst = {.port = port, .domid = to, .pad = 0},
                          .iov = pieces.data(),
                          .niov = static_cast<u32>(pieces.size()),
                          .type = type,
                          .copy_from = copy_from,
                          .copy_ctx = nullptr};
    return hmx_sendv(get(), &msg);
}

argo_hv_query domain::query(u16 domid, u32 port, u32 need, int* rc) const {
    std::vector<argo_hv_query> entries{{.port = port,
                                        .domid = domid,
                                        .pad = 0,
                                        .flags = ARGO_HV_UNANSWERED,
                                        .pad2 = 0,
                                        .need = need,
                                        .max_message = 0}};
    const int result = query(entries);
    if (rc != nullptr) {
        *rc = result;
    } else if (result != 0) {
        throw std::runtime_error("notify: " + std::to_string(result));
    }
    return entries[0];
}

int domain::query(std::vector<argo_hv_query>& entries) const {
    struct free_it {
        void operator()(void* ptr) const { ::operator delete(ptr); }
    };
    const std::size_t size = sizeof(argo_hv_queries) + entries.size() * sizeof(argo_hv_query);
    const std::unique_ptr<void, free_it> memory(::operator new(size));
    auto* queries = static_cast<argo_hv_queries*>(memory.get());
    queries->n = static_cast<u32>(entries.size());
    queries->pad = 0;
    std::copy(entries.begin(), entries.end(), queries->q);
    const int rc = hmx_notify(get(), queries);
    std::copy_n(queries->q, entries.size(), entries.begin());
    return rc;
}

std::vector<u8> pattern(u32 size, u32 seed) {
    std::vector<u8> bytes(size);
    for (u32 i = 0; i < size; ++i) {
        bytes[i] = static_cast<u8>((i + seed) * 167u + (i >> 8) * 59u);
    }
    return bytes;
}

} // namespace hmx_test
