// SPDX-License-Identifier: MIT
#include "fuzz_coverage.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <linux/kcov.h>
#include <sys/ioctl.h>
#include <system_error>
#include <thread>

namespace guest::fuzz {
namespace {

constexpr const char* path = "/sys/kernel/debug/kcov";
/// Entries of eight bytes. The first says how many follow.
constexpr std::uint64_t entries = 1U << 18U;
constexpr std::uint32_t remote_entries = 1U << 16U;
/// ARGO_KCOV_HANDLE
constexpr std::uint64_t handle = KCOV_SUBSYSTEM_COMMON | 0xa290U;

void must(long result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
}

std::atomic_ref<std::uint64_t> count_in(const mapping& area) {
    return std::atomic_ref{*reinterpret_cast<std::uint64_t*>(area.data())};
}

} // namespace

coverage::coverage(counted what) : kcov_{::open(path, O_RDWR | O_CLOEXEC)} {
    must(kcov_.get(), path);
    must(::ioctl(kcov_.get(), KCOV_INIT_TRACE, entries), "KCOV_INIT_TRACE");
    area_ = std::make_unique<mapping>(kcov_, entries * sizeof(std::uint64_t) / page_size());
    if (what == counted::system_calls) {
        must(::ioctl(kcov_.get(), KCOV_ENABLE, KCOV_TRACE_PC), "KCOV_ENABLE");
        return;
    }
    kcov_remote_arg remote{};
    remote.trace_mode = KCOV_TRACE_PC;
    remote.area_size = remote_entries;
    remote.common_handle = handle;
    must(::ioctl(kcov_.get(), KCOV_REMOTE_ENABLE, &remote), "KCOV_REMOTE_ENABLE");
}

std::uint64_t coverage::recorded() const { return count_in(*area_).load(std::memory_order_acquire); }

void coverage::begin() { count_in(*area_).store(0, std::memory_order_release); }

void coverage::settle() const {
    constexpr int looks = 20;
    auto before = recorded();
    for (int i = 0; i < looks; ++i) {
        std::this_thread::sleep_for(std::chrono::microseconds{200});
        const auto now = recorded();
        if (now == before && now != 0) {
            return;
        }
        before = now;
    }
}

std::size_t coverage::take() {
    const auto before = pairs_.size();
    const auto* const entry = reinterpret_cast<const std::uint64_t*>(area_->data());
    const std::span<const std::uint64_t> taken{entry + 1, recorded()};
    std::uint64_t last = 0;
    for (const auto place : taken) {
        places_.insert(place);
        // Modules lie within 2 GiB.
        pairs_.insert(last << 32U | (place & 0xffffffffU));
        last = place & 0xffffffffU;
    }
    return pairs_.size() - before;
}

} // namespace guest::fuzz
