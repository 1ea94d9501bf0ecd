// SPDX-License-Identifier: MIT
// Everything at once: what was sent is received once, in order, unchanged, whatever happens to rings and domains.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "world.hpp"

namespace {

using namespace hmx_test;
using clock = std::chrono::steady_clock;

constexpr u32 port_for_all = 5;
constexpr u32 port_for_one = 6;
constexpr auto duration = std::chrono::seconds(3);

/// A ring in one piece, which its owner reads while others write.
class live_ring {
public:
    explicit live_ring(u32 pages) : memory_(pages * page_size / sizeof(argo_ring_header)) {
        for (u32 i = 0; i < pages; ++i) {
            pages_.push_back(reinterpret_cast<u8*>(memory_.data()) + i * page_size);
        }
    }
    live_ring(const live_ring&) = delete;
    live_ring& operator=(const live_ring&) = delete;

    [[nodiscard]] int register_at(const domain& owner, u32 port, u16 partner) {
        const hmx_register reg{.port = port, .partner = partner, .pad = 0, .len = len()};
        return hmx_register_ring(owner.get(), &reg, pages_.data(), static_cast<u32>(pages_.size()), 0);
    }
    /// Calls @p take with each message and returns how many there were.
    template <class Take> u32 drain(Take take) {
        u32 n = 0;
        argo_ring_msg msg{};
        for (; argo_ring_next(memory_.data(), len(), rx_, &msg) == 1; ++n) {
            std::vector<u8> payload;
            std::array<argo_ring_segment, 2> segments{};
            const unsigned int count = argo_ring_segments(len(), &msg, 0, msg.len, segments.data());
            for (unsigned int i = 0; i < count; ++i) {
                const u8* from = reinterpret_cast<const u8*>(&memory_[1]) + segments.at(i).offset;
                payload.insert(payload.end(), from, from + segments.at(i).len);
            }
            take(msg, payload);
            rx_ = msg.next;
            argo_ring_release(memory_.data(), rx_);
        }
        return n;
    }
    [[nodiscard]] bool broken() const {
        argo_ring_msg msg{};
        return argo_ring_next(memory_.data(), len(), rx_, &msg) < 0;
    }

private:
    [[nodiscard]] u32 len() const { return static_cast<u32>((memory_.size() - 1) * sizeof(argo_ring_header)); }

    std::vector<argo_ring_header> memory_;
    std::vector<void*> pages_;
    u32 rx_ = 0;
};

/// Where a message comes from and goes to; the order counts along such a way.
struct way {
    u32 sender;
    u32 receiver;
    u32 port;

    auto operator<=>(const way&) const = default;
};

u32 size_of(u32 number) { return number % 11 == 0 ? number % 5000 : number % 97; }

struct Everything : testing::Test {
    void TearDown() override {
        EXPECT_EQ(sent, received);
        EXPECT_EQ(hypervisor.wrong(), "");
    }

    [[nodiscard]] bool over() const { return clock::now() > deadline; }

    /// Sends numbered messages until time is up.
    void keep_sending(const domain& self, u32 name) {
        std::minstd_rand random(name);
        std::map<way, u32> next;
        std::set<int> failed;
        while (!over()) {
            const way to{name, static_cast<u32>(random() % receivers.size()),
                         random() % 4 == 0 ? port_for_one : port_for_all};
            u32& number = next[to];
            const std::vector<u8> bytes = pattern(size_of(number), number + name);
            if (random() % 16 == 0) {
                EXPECT_LT(self.send(receivers[to.receiver]->id(), to.port, {piece(bytes), absent_piece(1)}), 0);
            }
            const int rc = self.send(*receivers[to.receiver], to.port, bytes, name, number);
            if (rc >= 0) {
                ++number;
            } else {
                failed.insert(rc);
                if (random() % 8 == 0) {
                    self.query(receivers[to.receiver]->id(), to.port, number % 2000);
                }
                std::this_thread::yield();
            }
        }
        const std::scoped_lock lock(results);
        std::copy_if(next.begin(), next.end(), std::inserter(sent, sent.end()),
                     [](const auto& entry) { return entry.second != 0; });
        errors.merge(failed);
    }

    /// Reads, and now and then loses its rings in one of the ways in which that happens.
    void keep_receiving(u32 index) {
        domain& self = *receivers[index];
        std::minstd_rand random(index + 100);
        live_ring for_all(2);
        live_ring for_one(3);
        std::map<way, u32> next;
        const auto check = [&](u32 port) {
            return [&, port](const argo_ring_msg& msg, const std::vector<u8>& payload) {
                u32& number = next[{msg.port, index, port}];
                ASSERT_EQ(msg.type, number) << "sender " << msg.port;
                ASSERT_EQ(payload, pattern(size_of(number), number + msg.port));
                ++number;
            };
        };
        const auto drain = [&] { return for_all.drain(check(port_for_all)) + for_one.drain(check(port_for_one)); };

        for (u32 round = 0; !over() && !HasFatalFailure(); ++round) {
            EXPECT_EQ(for_all.register_at(self, port_for_all, ARGO_DOMID_ANY), 0);
            static_cast<void>(for_one.register_at(self, port_for_one, steady.id()));
            for (auto i = random() % 100; i > 0 && !over(); --i) {
                if (drain() == 0) {
                    std::this_thread::yield();
                }
                EXPECT_EQ(self.notify(), 0);
            }
            lose_rings(self, round);
            drain();
            ++rounds;
        }
        hmx_domain_destroy(self.get());
        drain();
        EXPECT_FALSE(for_all.broken() || for_one.broken());
        const std::scoped_lock lock(results);
        received.insert(next.begin(), next.end());
    }

    static void lose_rings(const domain& self, u32 round) {
        switch (round % 4) {
        case 0:
            EXPECT_EQ(self.unregister(port_for_all), 0);
            static_cast<void>(self.unregister(port_for_one, 1));
            break;
        case 1:
            hmx_domain_soft_reset(self.get());
            break;
        case 2:
            hmx_domain_destroy(self.get());
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            [[fallthrough]];
        default:
            EXPECT_EQ(hmx_domain_restore(self.get(), self.id()), 0);
        }
    }

    /// Domains that come, wait and listen everywhere, and go.
    void keep_coming_and_going() {
        for (u32 i = 0; !over(); ++i) {
            const domain guest(hypervisor, static_cast<u16>(100 + i % 3));
            std::array rings{live_ring(1), live_ring(1), live_ring(1), live_ring(1)};
            for (u32 r = 0; r < rings.size(); ++r) {
                static_cast<void>(rings[r].register_at(guest, 9, r < 2 ? receivers[r]->id() : static_cast<u16>(r - 1)));
            }
            EXPECT_LT(guest.send(*receivers[i % 2], 77, {}), 0);
            guest.query(receivers[0]->id(), port_for_all, 8000);
            guest.query(receivers[1]->id(), port_for_all, 8000);
            static_cast<void>(steady.send(guest, 9, pattern(100)));
            static_cast<void>(guest.notify());
            ++guests;
        }
    }

    /// A sender that is saved and restored under another id.
    void keep_moving() {
        for (u16 id = 50; !over(); id = id == 59 ? 50 : id + 1) {
            EXPECT_EQ(hmx_domain_restore(mover.get(), id), 0);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

    static hmx_params params() {
        hmx_params params = permissive();
        params.max_waiters = 3;
        return params;
    }

    const clock::time_point deadline = clock::now() + duration;
    engine hypervisor{params()};
    domain steady{hypervisor, 1};
    domain mover{hypervisor, 2};
    std::vector<std::unique_ptr<domain>> receivers = make_receivers();
    std::mutex results;
    std::map<way, u32> sent;
    std::map<way, u32> received;
    std::set<int> errors;
    std::atomic<u32> rounds = 0;
    std::atomic<u32> guests = 0;

    std::vector<std::unique_ptr<domain>> make_receivers() {
        std::vector<std::unique_ptr<domain>> out;
        out.push_back(std::make_unique<domain>(hypervisor, u16{10}));
        out.push_back(std::make_unique<domain>(hypervisor, u16{11}));
        return out;
    }
};

TEST_F(Everything, AtOnce) {
    {
        std::vector<std::jthread> threads;
        threads.emplace_back([this] { keep_receiving(0); });
        threads.emplace_back([this] { keep_receiving(1); });
        threads.emplace_back([this] { keep_sending(steady, 0); });
        threads.emplace_back([this] { keep_sending(steady, 1); });
        threads.emplace_back([this] { keep_sending(mover, 2); });
        threads.emplace_back([this] { keep_coming_and_going(); });
        threads.emplace_back([this] { keep_moving(); });
    }
    u32 messages = 0;
    for (const auto& [key, number] : received) {
        messages += number;
    }
    RecordProperty("messages", static_cast<int>(messages));
    RecordProperty("rounds", static_cast<int>(rounds));
    RecordProperty("guests", static_cast<int>(guests));
    EXPECT_GT(messages, 1000u);
    EXPECT_GT(rounds, 8u);
    EXPECT_GT(guests, 20u);
    EXPECT_TRUE(errors.contains(-EAGAIN));
    EXPECT_TRUE(errors.contains(-ESRCH));
    EXPECT_GT(steady.interrupts(), 0u) << "somebody was told of space";
}

} // namespace
