// SPDX-License-Identifier: MIT
// An engine, its domains and their memory, for tests.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hmx.hpp"
#include "message.hpp"

namespace hmx_test {

using argo_test::message;

constexpr u32 page_size = 4096;

/// The parameters of Xen with argo=1,mac-permissive=1.
hmx_params permissive();

class engine {
public:
    explicit engine(const hmx_params& params = permissive());

    [[nodiscard]] hmx_engine* get() const { return engine_.get(); }
    [[nodiscard]] const hmx_params& params() const { return params_; }
    /// What does not hold that always must; empty if all is well.
    [[nodiscard]] std::string wrong() const;

private:
    struct deleter {
        void operator()(hmx_engine* engine) const { hmx_engine_free(engine); }
    };
    hmx_params params_;
    std::unique_ptr<hmx_engine, deleter> engine_;
};

/// Memory for a ring, each page an allocation of its own, so that a sanitizer sees what goes beyond one.
class ring {
public:
    explicit ring(u32 len);

    [[nodiscard]] u32 len() const { return len_; }
    [[nodiscard]] u32 npages() const { return static_cast<u32>(pointers_.size()); }
    [[nodiscard]] std::vector<void*>& pages() { return pointers_; }
    [[nodiscard]] argo_ring_header& header() const { return *static_cast<argo_ring_header*>(pointers_[0]); }
    /// Takes the next message out as a driver does, and gives its space back.
    std::optional<message> take();
    /// As take(), but its space stays in use.
    std::optional<message> peek() const;
    /// Takes everything; returns how many there were.
    u32 drain();
    /// Sets both indexes, before the ring is registered.
    void start_at(u32 index);

private:
    struct page {
        alignas(64) std::array<u8, page_size> bytes{};
    };
    [[nodiscard]] std::optional<message> parse(u32& next) const;

    u32 len_;
    std::vector<std::unique_ptr<page>> pages_;
    std::vector<void*> pointers_;
};

/// A piece of sender memory; address 0 stands for memory that is not there.
argo_hv_iov piece(const std::vector<u8>& bytes);
argo_hv_iov absent_piece(u32 len);

class domain {
public:
    domain(const engine& engine, u16 id, bool argo = true);
    domain(const domain&) = delete;
    domain& operator=(const domain&) = delete;

    [[nodiscard]] hmx_domain* get() const { return domain_.get(); }
    [[nodiscard]] u16 id() const { return hmx_domain_id(get()); }

    /// Interrupts since this was last asked.
    unsigned int interrupts() { return interrupts_.exchange(0); }
    unsigned int delayed() { return delayed_.exchange(0); }

    [[nodiscard]] int register_ring(ring& memory, u32 port, u16 partner = ARGO_DOMID_ANY, u32 flags = 0) const;
    [[nodiscard]] int unregister(u32 port, u16 partner = ARGO_DOMID_ANY) const;
    [[nodiscard]] int send(const domain& to, u32 port, const std::vector<u8>& bytes, u32 from_port = 1,
                           u32 type = 0) const;
    [[nodiscard]] int send(u16 to, u32 port, const std::vector<argo_hv_iov>& pieces, u32 from_port = 1,
                           u32 type = 0) const;
    [[nodiscard]] int notify() const { return hmx_notify(get(), nullptr); }
    /// One question; entries that stay unanswered keep ARGO_HV_UNANSWERED.
    argo_hv_query query(u16 domid, u32 port, u32 need, int* rc = nullptr) const;
    [[nodiscard]] int query(std::vector<argo_hv_query>& entries) const;

private:
    static void on_interrupt(void* ctx);
    static void on_delay(void* ctx);

    struct deleter {
        void operator()(hmx_domain* domain) const { hmx_domain_free(domain); }
    };
    std::atomic<unsigned int> interrupts_ = 0;
    std::atomic<unsigned int> delayed_ = 0;
    std::unique_ptr<hmx_domain, deleter> domain_;
};

/// copy_from of all messages: reads this process' memory, none below the first page's end.
int copy_from(void* ctx, void* to, u64 base, u32 len);

/// Bytes that differ from their neighbours, and from those of another seed.
std::vector<u8> pattern(u32 size, u32 seed = 1);

/// Largest payload that a ring takes.
constexpr u32 largest(u32 ring_len) { return ring_len - 32; }

} // namespace hmx_test
