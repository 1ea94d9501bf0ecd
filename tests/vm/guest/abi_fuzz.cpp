// SPDX-License-Identifier: MIT
// Calls with arguments that are partly right and partly random. The seed is fixed: a failure repeats.
#include "abi.hpp"
#include "interrupt.hpp"
#include "memory.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <set>

namespace guest {
namespace {

struct operation {
    unsigned long request;
    std::uint32_t size;
};

constexpr std::array operations{
    operation{ARGO_IOC_INFO, sizeof(argo_info)},       operation{ARGO_IOC_BIND, sizeof(argo_bind)},
    operation{ARGO_IOC_CONNECT, sizeof(argo_connect)}, operation{ARGO_IOC_SEND, sizeof(argo_batch)},
    operation{ARGO_IOC_RECV, sizeof(argo_batch)},      operation{ARGO_IOC_SPACE, sizeof(argo_space)},
    operation{ARGO_IOC_OPTIONS, sizeof(argo_options)}, operation{ARGO_IOC_STATUS, sizeof(argo_status)},
    operation{ARGO_IOC_LIST, sizeof(argo_list)},
};

/// Every errno that docs/errors.md knows.
const std::set<int> documented{0,       EINVAL,    EFAULT,       ENOTTY,       EACCES, EPERM,      EADDRINUSE,
                               EISCONN, ENOTCONN,  EHOSTUNREACH, ECONNREFUSED, EPIPE,  ECONNRESET, EMSGSIZE,
                               EAGAIN,  ETIMEDOUT, EINTR,        EBADMSG,      ENOSPC, ENOMEM,     ENODEV};

class fuzzer {
public:
    explicit fuzzer(std::uint32_t seed) : random_{seed} {}

    void run(int calls) {
        open();
        for (int i = 0; i < calls; ++i) {
            if (i % 40 == 39) {
                open();
            }
            const auto& what = operations[below(operations.size())];
            auto argument = make(what);
            const auto result = one_->call(what.request, argument.data());
            if (!documented.contains(result.code)) {
                ADD_FAILURE() << "call " << i << ", operation " << (what.request & 0xffU) << ": " << result;
            }
        }
    }

private:
    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool chance(unsigned percent) { return random_() % 100 < percent; }

    void open() {
        one_.emplace(O_NONBLOCK);
        if (chance(70)) {
            EXPECT_EQ(one_->bind({.partner = ARGO_DOMID_SELF}), success);
        }
    }

    std::uint32_t number() {
        constexpr std::array edges{0U, 1U, 2U, 15U, 16U, 17U, 4095U, 4096U, 0x7fffffffU, 0x80000000U, 0xffffffffU};
        return chance(50) ? edges[below(edges.size())] : static_cast<std::uint32_t>(random_());
    }

    argo_addr anywhere() {
        constexpr std::array<std::uint16_t, 6> domids{ARGO_DOMID_SELF, ARGO_DOMID_ANY, 0, 1, 30000, 0xffff};
        const auto domid = domids[chance(60) ? 0 : below(domids.size())];
        return address(domid, chance(60) ? one_->port() : number());
    }

    std::uint64_t pointer() {
        if (chance(15)) {
            return bad_addresses[below(std::size(bad_addresses))];
        }
        if (chance(10)) {
            return reinterpret_cast<std::uintptr_t>(memory_.forbidden()) - below(64);
        }
        return reinterpret_cast<std::uintptr_t>(memory_.all().data()) + below(memory_.all().size() / 2);
    }

    /// Vectors and messages that may be right, in a place of their own.
    void prepare() {
        for (auto& piece : pieces_) {
            piece = {pointer(), chance(80) ? below(5000) : std::uint64_t{number()} << below(33)};
        }
        for (auto& one : messages_) {
            one = message_of(anywhere(), {pieces_.data(), below(pieces_.size())});
            if (chance(10)) {
                one.iov = bad_addresses[below(std::size(bad_addresses))];
            }
            if (chance(10)) {
                one.iovcnt = number();
            }
            if (chance(5)) {
                one.flags = number();
            }
        }
    }

    template <typename T> static bytes to_bytes(const T& value) {
        bytes result(sizeof(value));
        std::memcpy(result.data(), &value, sizeof(value));
        return result;
    }

    bytes make(const operation& what) {
        bytes argument(256);
        switch (what.request) {
        case ARGO_IOC_BIND: {
            argo_bind bind{};
            bind.partner = anywhere().domid;
            bind.ring_size = chance(60) ? 4096 : number();
            bind.port = chance(50) ? 0 : number();
            argument = to_bytes(bind);
            break;
        }
        case ARGO_IOC_CONNECT: {
            argo_connect connect{};
            connect.addr = anywhere();
            argument = to_bytes(connect);
            break;
        }
        case ARGO_IOC_SEND:
        case ARGO_IOC_RECV: {
            prepare();
            argo_batch batch{};
            batch.msgs = chance(90) ? reinterpret_cast<std::uintptr_t>(messages_.data()) : pointer();
            batch.count = chance(90) ? static_cast<std::uint32_t>(below(messages_.size() + 1)) : number();
            batch.timeout_ns = number();
            argument = to_bytes(batch);
            break;
        }
        case ARGO_IOC_SPACE: {
            argo_space space{};
            space.addr = anywhere();
            space.need = number();
            space.flags = 1U << below(4);
            space.timeout_ns = number();
            argument = to_bytes(space);
            break;
        }
        case ARGO_IOC_LIST: {
            argo_list list{};
            list.entries = pointer();
            list.entry_size = chance(70) ? sizeof(argo_ring_entry) : number();
            list.count = chance(70) ? static_cast<std::uint32_t>(below(10)) : number();
            argument = to_bytes(list);
            break;
        }
        default:
            break;
        }
        argument.resize(256);
        std::memcpy(argument.data(), &what.size, sizeof(what.size));
        for (int spoilt = chance(50) ? static_cast<int>(below(3)) : 0; spoilt > 0; --spoilt) {
            spoil(argument, what);
        }
        return argument;
    }

    void spoil(bytes& argument, const operation& what) {
        // Never what the kernel takes for an address: it might be one of this program.
        std::vector<std::size_t> safe{0, 4, what.size, what.size + 4};
        if (what.request != ARGO_IOC_SEND && what.request != ARGO_IOC_RECV && what.request != ARGO_IOC_LIST) {
            for (std::size_t offset = 8; offset < what.size; offset += 4) {
                safe.push_back(offset);
            }
        }
        const auto value = chance(50) ? 1U << below(32) : number();
        std::memcpy(&argument[safe[below(safe.size())]], &value, sizeof(value));
    }

    std::mt19937 random_;
    std::optional<endpoint> one_;
    guarded memory_{8};
    std::array<argo_iovec, 12> pieces_{};
    std::array<argo_msg, 6> messages_{};
};

TEST(fuzz, calls_with_random_arguments) {
    const auto before = information().rings;
    {
        // Nothing waits on these endpoints, but for what a random option may do; a signal ends even that.
        const interrupter signals{std::chrono::seconds{2}};
        for (const std::uint32_t seed : {1U, 2U, 3U}) {
            fuzzer{seed}.run(3000);
        }
    }
    EXPECT_TRUE(eventually([&] { return information().rings == before; }));
    endpoint one;
    ASSERT_EQ(one.bind({}), success);
    expect_passes(one, one.local(), one, 1000);
}

} // namespace
} // namespace guest
