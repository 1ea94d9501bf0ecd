// SPDX-License-Identifier: MIT
// Every ioctl with arguments that are short, long, huge, misaligned, unmapped, or have bits set that they may not.
#include "abi.hpp"
#include "memory.hpp"

#include <linux/argo_firewall.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <set>
#include <sys/ioctl.h>
#include <sys/mman.h>

namespace guest {
namespace {

/// One ioctl with an argument that is right, and what may not be set in it.
struct operation {
    const char* name;
    unsigned long request;
    std::size_t size;
    std::uint32_t known_flags;
    /// Offsets of bytes that must be zero.
    std::vector<std::size_t> zeros;
    /// What the right argument comes back with.
    outcome expected;
    bool writes_back;
};

std::vector<std::size_t> range(std::size_t offset, std::size_t size) {
    std::vector<std::size_t> result(size);
    for (std::size_t i = 0; i < size; ++i) {
        result[i] = offset + i;
    }
    return result;
}

std::vector<std::size_t> operator+(std::vector<std::size_t> left, const std::vector<std::size_t>& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

template <typename T, typename Member> std::vector<std::size_t> field(Member T::*member) {
    const T probe{};
    const auto offset =
        reinterpret_cast<const std::byte*>(&(probe.*member)) - reinterpret_cast<const std::byte*>(&probe);
    return range(static_cast<std::size_t>(offset), sizeof(Member));
}

std::vector<operation> operations() {
    const auto reserved_of_addr = [](std::size_t offset) { return range(offset + offsetof(argo_addr, reserved), 2); };
    constexpr std::uint32_t space_flags = ARGO_DONTWAIT | ARGO_SPACE_WAIT | ARGO_SPACE_DRAIN | ARGO_SPACE_WATCH;
    constexpr std::uint32_t option_flags =
        ARGO_OPT_SEND_LOWAT | ARGO_OPT_SEND_TIMEOUT | ARGO_OPT_RECV_TIMEOUT | ARGO_OPT_TYPE;
    return {
        {"INFO", ARGO_IOC_INFO, sizeof(argo_info), 0, field(&argo_info::reserved), success, true},
        {"BIND", ARGO_IOC_BIND, sizeof(argo_bind), ARGO_BIND_EXCLUSIVE,
         field(&argo_bind::domid) + field(&argo_bind::max_message), success, true},
        {"CONNECT", ARGO_IOC_CONNECT, sizeof(argo_connect), 0, reserved_of_addr(offsetof(argo_connect, addr)), success,
         false},
        {"SEND", ARGO_IOC_SEND, sizeof(argo_batch), ARGO_DONTWAIT, field(&argo_batch::done), success, true},
        {"RECV", ARGO_IOC_RECV, sizeof(argo_batch), ARGO_DONTWAIT | ARGO_PEEK, field(&argo_batch::done),
         outcome{EAGAIN}, true},
        {"SPACE", ARGO_IOC_SPACE, sizeof(argo_space), space_flags,
         reserved_of_addr(offsetof(argo_space, addr)) + field(&argo_space::state) + field(&argo_space::max_message) +
             field(&argo_space::reserved),
         success, true},
        {"OPTIONS", ARGO_IOC_OPTIONS, sizeof(argo_options), option_flags, {}, success, true},
        {"STATUS", ARGO_IOC_STATUS, sizeof(argo_status), 0, field(&argo_status::reserved), success, true},
        {"LIST", ARGO_IOC_LIST, sizeof(argo_list), 0, {}, success, true},
        {"FIREWALL_SET", ARGO_IOC_FIREWALL_SET, sizeof(argo_firewall), 0, {}, success, false},
        {"FIREWALL_GET", ARGO_IOC_FIREWALL_GET, sizeof(argo_firewall), 0, {}, success, true},
        {"FIREWALL_TEST", ARGO_IOC_FIREWALL_TEST, sizeof(argo_firewall_test), 0,
         field(&argo_firewall_test::verdict) + field(&argo_firewall_test::rule), success, true},
    };
}

template <typename T, typename Change> bytes changed(bytes data, Change change) {
    T value{};
    std::memcpy(&value, data.data(), sizeof(value));
    change(value);
    std::memcpy(data.data(), &value, sizeof(value));
    return data;
}

class arguments_test : public testing::TestWithParam<operation> {
protected:
    void SetUp() override {
        ASSERT_EQ(target_.bind({.ring_size = 65536}), success);
        payload_ = some_bytes(16);
        vector_ = vector_of(payload_);
    }

    void TearDown() override {
        // Nothing that was refused has spoilt the driver for others, nor left anything at the target.
        message received;
        while (target_.receive(received, 64, no_wait)) {
        }
        expect_passes(target_, target_.local(), target_, 100);
    }

    /// The right argument of the operation under test.
    bytes argument() {
        const auto& what = GetParam();
        const auto size = static_cast<std::uint32_t>(what.size);
        bytes plain(what.size);
        std::memcpy(plain.data(), &size, sizeof(size));
        switch (what.request) {
        case ARGO_IOC_BIND:
            return changed<argo_bind>(plain, [](auto& bind) {
                bind.partner = ARGO_DOMID_SELF;
                bind.ring_size = 4096;
            });
        case ARGO_IOC_CONNECT:
            return changed<argo_connect>(plain, [this](auto& connect) { connect.addr = target_.local(); });
        case ARGO_IOC_SEND:
            message_ = message_of(target_.local(), {&vector_, 1});
            return changed<argo_batch>(plain, [this](auto& batch) { one_message(batch); });
        case ARGO_IOC_RECV:
            message_ = message_of({}, {&vector_, 1});
            return changed<argo_batch>(plain, [this](auto& batch) { one_message(batch); });
        case ARGO_IOC_SPACE:
            return changed<argo_space>(plain, [this](auto& space) {
                space.addr = target_.local();
                space.need = 1;
            });
        case ARGO_IOC_LIST:
            return changed<argo_list>(plain, [](auto& list) { list.entry_size = sizeof(argo_ring_entry); });
        case ARGO_IOC_FIREWALL_SET:
        case ARGO_IOC_FIREWALL_GET:
            return changed<argo_firewall>(plain, [](auto& firewall) {
                firewall.rule_size = sizeof(argo_firewall_rule);
                for (auto& fallback : firewall.defaults) {
                    fallback.verdict = ARGO_FIREWALL_ALLOW;
                }
            });
        default:
            return plain;
        }
    }

    /// The call on an endpoint of its own, bound where the operation needs it.
    outcome call(void* argument_at) {
        endpoint one;
        const auto request = GetParam().request;
        if (request != ARGO_IOC_BIND && request != ARGO_IOC_INFO && request != ARGO_IOC_LIST) {
            EXPECT_EQ(one.bind({}), success);
        }
        const auto what = one.call(request, argument_at);
        // So that thousands of accepted sends do not fill the ring.
        if (request == ARGO_IOC_SEND && what) {
            message received;
            EXPECT_EQ(target_.receive(received, 64, no_wait), success);
        }
        return what;
    }

    outcome call(bytes argument) { return call(argument.data()); }

    static void set_size(bytes& argument, std::uint32_t size) { std::memcpy(argument.data(), &size, sizeof(size)); }

private:
    void one_message(argo_batch& batch) {
        batch.flags = ARGO_DONTWAIT;
        batch.msgs = reinterpret_cast<std::uintptr_t>(&message_);
        batch.count = 1;
    }

    endpoint target_;
    bytes payload_;
    argo_iovec vector_{};
    argo_msg message_{};
};

TEST_P(arguments_test, right_argument) { EXPECT_EQ(call(argument()), GetParam().expected); }

TEST_P(arguments_test, shorter_sizes_are_refused) {
    for (std::uint32_t size = 0; size < GetParam().size; ++size) {
        auto data = argument();
        set_size(data, size);
        EXPECT_EQ(call(data), outcome{EINVAL}) << "size " << size;
    }
}

TEST_P(arguments_test, longer_sizes_are_taken_when_the_rest_is_zero) {
    for (std::uint32_t more = 1; more <= 64; ++more) {
        auto data = argument();
        data.resize(data.size() + more);
        set_size(data, static_cast<std::uint32_t>(data.size()));
        EXPECT_EQ(call(data), GetParam().expected) << more << " bytes more";
    }
}

TEST_P(arguments_test, longer_sizes_are_refused_when_a_byte_of_the_rest_is_not_zero) {
    for (std::size_t at = 0; at < 64; ++at) {
        auto data = argument();
        data.resize(data.size() + 64);
        set_size(data, static_cast<std::uint32_t>(data.size()));
        data[GetParam().size + at] = std::byte{1};
        EXPECT_EQ(call(data), outcome{EINVAL}) << "byte " << at << " of the rest";
    }
}

TEST_P(arguments_test, huge_sizes) {
    for (const std::uint32_t size : {0x10000U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
        const guarded memory{1};
        auto data = argument();
        set_size(data, size);
        const auto place = memory.last(data.size());
        std::copy(data.begin(), data.end(), place.begin());
        const auto what = call(static_cast<void*>(place.data()));
        EXPECT_TRUE(what == outcome{EFAULT} || what == outcome{EINVAL}) << "size " << size << ": " << what;
    }
}

TEST_P(arguments_test, unknown_flags_are_refused_bit_by_bit) {
    for (unsigned bit = 0; bit < 32; ++bit) {
        const auto flag = 1U << bit;
        if ((GetParam().known_flags & flag) != 0) {
            continue;
        }
        auto data = argument();
        std::uint32_t flags = 0;
        std::memcpy(&flags, data.data() + 4, sizeof(flags));
        flags |= flag;
        std::memcpy(data.data() + 4, &flags, sizeof(flags));
        EXPECT_EQ(call(data), outcome{EINVAL}) << "bit " << bit;
    }
}

TEST_P(arguments_test, what_must_be_zero_is_checked) {
    for (const auto offset : GetParam().zeros) {
        auto data = argument();
        data[offset] = std::byte{0x80};
        EXPECT_EQ(call(data), outcome{EINVAL}) << "byte " << offset;
    }
}

TEST_P(arguments_test, unmapped) {
    for (const auto bad : bad_addresses) {
        EXPECT_EQ(call(std::bit_cast<void*>(bad)), outcome{EFAULT}) << std::hex << bad;
    }
    const guarded memory{1};
    EXPECT_EQ(call(static_cast<void*>(memory.forbidden())), outcome{EFAULT});
}

TEST_P(arguments_test, unmapped_from_the_middle_on) {
    const guarded memory{1};
    const auto data = argument();
    for (std::size_t there = 4; there < data.size(); there += 4) {
        const auto place = memory.last(there);
        std::copy_n(data.begin(), there, place.begin());
        EXPECT_EQ(call(static_cast<void*>(place.data())), outcome{EFAULT}) << there << " bytes mapped";
    }
}

TEST_P(arguments_test, at_the_end_of_a_page) {
    const guarded memory{1};
    const auto data = argument();
    const auto place = memory.last(data.size());
    std::copy(data.begin(), data.end(), place.begin());
    EXPECT_EQ(call(static_cast<void*>(place.data())), GetParam().expected);
}

TEST_P(arguments_test, across_pages_and_misaligned) {
    const mapping memory{2};
    const auto data = argument();
    for (std::size_t shift = 1; shift < 16; ++shift) {
        auto* place = memory.data() + page_size() - shift;
        std::copy(data.begin(), data.end(), place);
        EXPECT_EQ(call(static_cast<void*>(place)), GetParam().expected) << "shifted by " << shift;
    }
}

TEST_P(arguments_test, read_only) {
    const mapping memory{1};
    const auto data = argument();
    std::copy(data.begin(), data.end(), memory.data());
    memory.protect(0, 1, PROT_READ);
    const auto what = call(static_cast<void*>(memory.data()));
    memory.protect(0, 1, PROT_READ | PROT_WRITE);
    // Seen before anything is waited for, in a receive.
    EXPECT_EQ(what, GetParam().writes_back ? outcome{EFAULT} : GetParam().expected);
}

TEST_P(arguments_test, closed_for_writing_or_reading) {
    // The rights of the open file are not a way around anything: no crash, and a documented errno.
    for (const int mode : {O_RDONLY, O_WRONLY}) {
        file device{::open("/dev/argo", mode | O_CLOEXEC)};
        ASSERT_TRUE(device);
        const endpoint one{std::move(device)};
        auto data = argument();
        const auto what = one.call(GetParam().request, data.data());
        EXPECT_NE(what, outcome{ENOTTY});
    }
}

INSTANTIATE_TEST_SUITE_P(every, arguments_test, testing::ValuesIn(operations()),
                         [](const auto& of) { return std::string(of.param.name); });

TEST(arguments, unknown_operations) {
    const endpoint one;
    // argo-cable-tests has those of cables.
    const std::set<unsigned> known{_IOC_NR(ARGO_IOC_FIREWALL_SET),  _IOC_NR(ARGO_IOC_FIREWALL_GET),
                                   _IOC_NR(ARGO_IOC_FIREWALL_TEST), _IOC_NR(ARGO_IOC_CABLE_ADD),
                                   _IOC_NR(ARGO_IOC_CABLE_REMOVE),  _IOC_NR(ARGO_IOC_CABLE_LIST)};
    for (unsigned nr = 9; nr < 256; ++nr) {
        if (!known.contains(nr)) {
            EXPECT_EQ(one.call(_IO(ARGO_IOC_MAGIC, nr), nullptr), outcome{ENOTTY}) << nr;
        }
    }
    // 0, 'T', 'X', 'f': the magic of what every file knows, such as FIONBIO and FIBMAP.
    const std::set<unsigned> of_all_files{0, 0x12, 0x15, 0x94, 'T', 'X', 'f'};
    for (unsigned magic = 0; magic < 256; ++magic) {
        if (magic != ARGO_IOC_MAGIC && !of_all_files.contains(magic)) {
            EXPECT_EQ(one.call(_IO(magic, 1), nullptr), outcome{ENOTTY}) << magic;
        }
    }
    EXPECT_EQ(one.call(_IOWR(ARGO_IOC_MAGIC, 1, int), nullptr), outcome{ENOTTY});
}

} // namespace
} // namespace guest
