// SPDX-License-Identifier: MIT
// Any sequence of operations over four domains: the HMX engine answers as the model does, and after each of them has
// the same rings with the same messages, waiters and interrupts, and nothing inside that contradicts itself.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>

#include <fuzzer/FuzzedDataProvider.h>

#include "hmx_model.hpp"
#include "world.hpp"

namespace {

using namespace argo_fuzz;
namespace hmx = hmx_test;

constexpr int most_steps = 200;
constexpr u16 nobody = 99;

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "hmx: %s\n", what);
        std::abort();
    }
}

hmx_params limits(u32 max_waiters) {
    hmx_params params = hmx::permissive();
    params.max_rings = 5;
    params.max_waiters = max_waiters;
    return params;
}

class player {
public:
    player(const u8* bytes, std::size_t size) : input_(bytes, size) {
        for (const u16 id : {u16{0}, u16{1}, u16{2}, u16{3}}) {
            const bool argo = id != 3 || input_.ConsumeBool();
            domains_.emplace_back(hypervisor_, id, argo);
            model_.domains.push_back(
                {.id = id, .life = ++model_.last_life, .has_argo = argo, .rings = {}, .cables = {}});
        }
    }

    void play() {
        for (int step = 0; step < most_steps && input_.remaining_bytes() != 0; ++step) {
            one_step();
            forget_memory();
            compare();
        }
    }

private:
    using step = void (player::*)(std::size_t);

    void one_step() {
        // What fills rings is there more often than what takes them away.
        static constexpr std::array<step, 21> steps{
            &player::send,         &player::send,         &player::send,      &player::send,       &player::send,
            &player::receive,      &player::receive,      &player::query,     &player::query,      &player::notify,
            &player::register_one, &player::register_one, &player::faulty,    &player::unregister, &player::destroy,
            &player::soft_reset,   &player::restore,      &player::set_rules, &player::cable_add,  &player::cable_add,
            &player::cable_remove};
        const u8 what = input_.ConsumeIntegral<u8>();
        (this->*steps.at(what / 4 % steps.size()))(what % 4);
    }

    [[nodiscard]] u16 some_id() { return input_.PickValueInArray<u16>({0, 1, 2, 3, 4, nobody}); }
    [[nodiscard]] u32 some_port() { return input_.PickValueInArray<u32>({5, 6}); }
    /// One in three is the end of a cable.
    [[nodiscard]] u16 some_destination() {
        return input_.ConsumeIntegral<u8>() % 3 == 0 ? u16{ARGO_DOMID_ANY} : some_id();
    }
    /// Each domain sends from one port.
    [[nodiscard]] argo_addr some_cable(u16 domid) {
        return {.port = input_.PickValueInArray<u32>({1000, 1001, 1002, 1003}), .domid = domid, .reserved = 0};
    }
    [[nodiscard]] ring_name some_ring() {
        const u16 partner = input_.ConsumeBool() ? u16{ARGO_DOMID_ANY} : some_id();
        return {some_port(), partner};
    }
    [[nodiscard]] u32 some_size() {
        // Whole slots, and so what just fits, more often than anything else.
        const u32 size = input_.ConsumeIntegral<u8>();
        return size < 128 ? size % 9 * 16 : size < 200 ? size % 100 : (size - 200) * 80;
    }

    void register_one(std::size_t self) { register_with(self, true); }
    void faulty(std::size_t self) { register_with(self, false); }

    void register_with(std::size_t self, bool pages_are_good) {
        const ring_name name = some_ring();
        const u32 len = input_.PickValueInArray<u32>({48, 64, 160, 4048});
        const u32 flags = input_.ConsumeBool() ? HMX_REGISTER_FAIL_EXIST : 0;
        auto memory = std::make_unique<hmx::ring>(len);
        memory->start_at(input_.ConsumeIntegral<u8>() * 16u % len);
        void* const page = memory->pages().back();
        if (!pages_are_good) {
            memory->pages().back() = nullptr;
        }
        const int rc = domains_[self].register_ring(*memory, name.port, name.partner, flags);
        memory->pages().back() = page;
        require(rc == model_.register_ring(self, name, len, flags, pages_are_good), "register_ring answers otherwise");
        if (rc == 0) {
            memory_[{self, name}] = std::move(memory);
        }
    }

    void unregister(std::size_t self) {
        const ring_name name = some_ring();
        require(domains_[self].unregister(name.port, name.partner) == model_.unregister(self, name),
                "unregister_ring answers otherwise");
    }

    void send(std::size_t self) {
        const u16 to = some_destination();
        const u32 port = to == ARGO_DOMID_ANY && input_.ConsumeIntegral<u8>() % 8 != 0 ? 0 : some_port();
        const bool memory_is_there = input_.ConsumeIntegral<u8>() % 16 != 0;
        message msg{.port = 1000 + static_cast<u32>(self), .domid = 0, .type = ++sent_, .payload = {}};
        msg.payload = hmx::pattern(some_size(), sent_);
        argo_hv_iov first = hmx::piece(msg.payload);
        argo_hv_iov second = first;
        first.len /= 3;
        second.base += first.len;
        second.len -= first.len;
        std::vector<argo_hv_iov> pieces{first, second};
        if (!memory_is_there) {
            pieces.push_back(hmx::absent_piece(1));
        }
        const int rc = domains_[self].send(to, port, pieces, msg.port, msg.type);
        if (!memory_is_there) {
            msg.payload.push_back(0);
        }
        require(rc == model_.send(self, to, port, std::move(msg), memory_is_there), "sendv answers otherwise");
    }

    void receive(std::size_t self) {
        for (auto& [name, ring] : model_.domains[self].rings) {
            if (input_.ConsumeBool() && !ring.unread.empty()) {
                require(memory_.at({self, name})->take() == ring.unread.front(), "another message was sent");
                ring.unread.pop_front();
            }
        }
    }

    void notify(std::size_t self) {
        require(domains_[self].notify() == model_.notify(self), "notify answers otherwise");
    }

    void query(std::size_t self) {
        const u16 to = some_destination();
        const u32 port = to == ARGO_DOMID_ANY ? some_cable(0).port : some_port();
        const u32 need = some_size();
        int rc = 0;
        const argo_hv_query entry = domains_[self].query(to, port, need, &rc);
        hmx_model::answer expected{.rc = model_.notify(self)};
        if (expected.rc == 0) {
            expected = model_.query(self, to, port, need);
        }
        require(rc == expected.rc, "notify answers otherwise");
        if (rc != 0) {
            require(entry.flags == ARGO_HV_UNANSWERED, "a question was answered that was not reached");
            return;
        }
        require(entry.flags == expected.flags, "the flags of an answer differ");
        require(entry.max_message == expected.max_message, "the largest message differs");
    }

    void destroy(std::size_t self) {
        hmx_domain_destroy(domains_[self].get());
        model_.destroy(self);
    }

    void soft_reset(std::size_t self) {
        hmx_domain_soft_reset(domains_[self].get());
        model_.soft_reset(self);
    }

    void restore(std::size_t self) {
        const u16 id = some_id();
        require(hmx_domain_restore(domains_[self].get(), id) == model_.restore(self, id), "restore answers otherwise");
    }

    void cable_add(std::size_t self) {
        const argo_cable cable{
            .src = some_cable(some_id()),
            .dst = {.port = some_port(),
                    .domid = input_.ConsumeIntegral<u8>() % 16 == 0 ? u16{ARGO_DOMID_PARENT} : some_id(),
                    .reserved = 0}};
        require(hmx_cable_add(domains_[self].get(), &cable) == model_.cable_add(self, cable),
                "cable_add answers otherwise");
    }

    void cable_remove(std::size_t self) {
        const argo_addr src = some_cable(some_id());
        require(hmx_cable_remove(domains_[self].get(), &src) == model_.cable_remove(self, src),
                "cable_remove answers otherwise");
    }

    /// The engine gets them as text.
    void set_rules(std::size_t count) {
        static constexpr std::array<const char*, 3> names{"send", "register", "register-any"};
        const auto name = [](u16 domid) { return domid == ARGO_DOMID_ANY ? "any" : std::to_string(domid); };
        std::string text;
        model_.rules.clear();
        for (std::size_t i = 0; i < count; ++i) {
            model_rule rule{.source = input_.ConsumeBool() ? u16{ARGO_DOMID_ANY} : some_id(),
                            .owner = input_.ConsumeBool() ? u16{ARGO_DOMID_ANY} : some_id(),
                            .first = some_port(),
                            .last = 6,
                            .rights = 1u + input_.ConsumeIntegral<u8>() % 7};
            if (rule.source != ARGO_DOMID_ANY) {
                rule.rights = 1 + rule.rights % 3;
            }
            text += "allow " + name(rule.source) + ' ' + name(rule.owner) + ' ' + std::to_string(rule.first) + "-6";
            for (std::size_t right = 0; right < names.size(); ++right) {
                if ((rule.rights >> right & 1) != 0) {
                    text += std::string(" ") + names.at(right);
                }
            }
            text += '\n';
            model_.rules.push_back(rule);
        }
        hmx_rules_error error{};
        hmx_rules* rules = hmx_rules_parse(text.data(), &error);
        require(reinterpret_cast<std::intptr_t>(rules) >= 0 && (rules == nullptr) == (count == 0),
                "rules are taken for something else");
        hmx_engine_set_rules(hypervisor_.get(), rules);
    }

    /// Rings that are gone lose their memory at once, so that a sanitizer sees whoever still uses it.
    void forget_memory() {
        std::erase_if(memory_, [this](const auto& entry) {
            return !model_.domains[entry.first.first].rings.contains(entry.first.second);
        });
    }

    void compare_cables() {
        std::array<argo_cable, 2 * HMX_MAX_CABLES> list{};
        const auto key = [](const argo_cable& cable) {
            return std::array<u32, 4>{cable.src.domid, cable.src.port, cable.dst.domid, cable.dst.port};
        };
        const auto before = [&](const argo_cable& a, const argo_cable& b) { return key(a) < key(b); };
        for (std::size_t i = 0; i < domains_.size(); ++i) {
            const model_domain& it = model_.domains[i];
            const int n = hmx_cable_list(domains_[i].get(), list.data(), list.size(), 0);
            // A dead domain 0 is the one that nobody has taken the place of.
            if (it.id != 0) {
                require(n == -EPERM || n == 0, "any domain lists the cables");
                continue;
            }
            auto expected = model_.cables();
            std::sort(expected.begin(), expected.end(), before);
            require(n == static_cast<int>(expected.size()), "the number of cables differs");
            std::sort(list.begin(), list.begin() + n, before);
            require(std::equal(expected.begin(), expected.end(), list.begin(),
                               [&](const argo_cable& a, const argo_cable& b) { return key(a) == key(b); }),
                    "the cables differ");
        }
    }

    void compare() {
        const std::string wrong = hypervisor_.wrong();
        require(wrong.empty(), wrong.c_str());
        compare_cables();
        for (std::size_t i = 0; i < domains_.size(); ++i) {
            model_domain& expected = model_.domains[i];
            require(domains_[i].interrupts() == expected.interrupts, "the number of interrupts differs");
            expected.interrupts = 0;
            require(hmx_inspect_counted_rings(domains_[i].get()) == expected.counted, "rings are counted otherwise");
            require(hmx_inspect_rings(domains_[i].get()) == expected.rings.size(), "the number of rings differs");
            for (const auto& [name, ring] : expected.rings) {
                compare_ring(i, name, ring);
            }
        }
    }

    void compare_ring(std::size_t owner, ring_name name, const model_ring& expected) {
        const argo_ring_header& header = memory_.at({owner, name})->header();
        require(argo_ring_index_ok(header.tx_ptr, expected.len), "a send index is none");
        require(argo_ring_used(header.rx_ptr, header.tx_ptr, expected.len) == expected.used(),
                "a ring holds more or less than was sent");
        for (std::size_t i = 0; i < domains_.size(); ++i) {
            const auto waiter = expected.waiters.find(i);
            const bool waits = waiter != expected.waiters.end();
            const std::int64_t wanted = waits ? std::int64_t{waiter->second} : -1;
            const model_domain& it = model_.domains[i];
            require(it.alive || !waits, "the model lets a dead domain wait");
            require(!it.alive || hmx_inspect_waiter(domains_[owner].get(), name.port, name.partner, it.id) == wanted,
                    "a domain waits for another size");
        }
    }

    FuzzedDataProvider input_;
    // Outlives the domains, whose rings are in it.
    std::map<std::pair<std::size_t, ring_name>, std::unique_ptr<hmx::ring>> memory_;
    hmx::engine hypervisor_{limits(input_.ConsumeIntegralInRange<u32>(1, 2))};
    std::deque<hmx::domain> domains_;
    hmx_model model_{
        .max_rings = hypervisor_.params().max_rings, .max_waiters = hypervisor_.params().max_waiters, .domains = {}};
    u32 sent_ = 0;
};

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const u8* bytes, std::size_t size) {
    player(bytes, size).play();
    return 0;
}
