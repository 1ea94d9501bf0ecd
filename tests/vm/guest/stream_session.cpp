// SPDX-License-Identifier: MIT
#include "stream_session.hpp"

#include "stream_blocks.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <vector>

namespace guest::stream {

namespace {

using clock = std::chrono::steady_clock;

// Both sides are of one build, so these go as they are.
constexpr std::uint32_t magic = 0x62737261;

struct request {
    std::uint32_t magic;
    mode how;
    std::uint32_t size;
    std::uint32_t reserved;
};

struct verdict {
    std::uint64_t blocks;
    std::uint64_t bytes;
    std::uint64_t intact;
};

/// False if the stream ended before the first byte.
bool read_all(connection& from, std::span<std::byte> data) {
    for (std::size_t done = 0; done < data.size();) {
        const auto got = from.read(data.subspan(done));
        if (got == 0 && done == 0) {
            return false;
        }
        if (got == 0) {
            throw std::runtime_error("the stream ended too early");
        }
        done += got;
    }
    return true;
}

template <typename T> void write_value(connection& to, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    to.write(std::as_bytes(std::span{&value, 1}));
}

template <typename T> bool read_value(connection& from, T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return read_all(from, std::as_writable_bytes(std::span{&value, 1}));
}

/// Fills a checker from the stream until its last block.
void read_blocks(connection& from, block_checker& into) {
    while (!into.ended() && into.intact()) {
        const auto got = from.read(into.room());
        if (got == 0) {
            throw std::runtime_error("the stream ended after " + std::to_string(into.bytes()) + " bytes");
        }
        into.took(got);
    }
}

result throughput(connection& to, const plan& what) {
    // The clock is a system call in some domains, and so not for every small block.
    constexpr std::uint64_t clock_every = 16;
    block_maker blocks{what.size};
    result out;
    const auto start = clock::now();
    for (bool last = false; !last; ++out.blocks) {
        last = out.blocks % clock_every == clock_every - 1 && clock::now() - start >= what.time;
        to.write(blocks.make(out.blocks, last));
    }
    to.end_writing();
    verdict said{};
    if (!read_value(to, said)) {
        throw std::runtime_error("the server did not say what came");
    }
    out.elapsed = clock::now() - start;
    out.bytes = out.blocks * what.size;
    out.intact = said.intact == 1 && said.blocks == out.blocks && said.bytes == out.bytes;
    return out;
}

/// The time that so many of a hundred took at most. Changes the order.
std::chrono::nanoseconds percentile(std::vector<std::chrono::nanoseconds>& times, std::size_t percent) {
    const auto nth = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) * percent / 100);
    std::ranges::nth_element(times, nth);
    return *nth;
}

result round_trips(connection& to, const plan& what) {
    block_maker blocks{what.size};
    block_checker back{what.size};
    std::vector<std::chrono::nanoseconds> times;
    times.reserve(1U << 16U);
    result out;
    const auto start = clock::now();
    auto before = start;
    for (bool last = false; !last; ++out.blocks) {
        last = before - start >= what.time;
        to.write(blocks.make(out.blocks, last));
        while (back.blocks() == out.blocks) {
            const auto got = to.read(back.room().first(what.size - back.bytes() % what.size));
            if (got == 0) {
                throw std::runtime_error("the server went away");
            }
            back.took(got);
        }
        const auto now = clock::now();
        times.push_back(now - before);
        before = now;
    }
    out.elapsed = before - start;
    out.bytes = out.blocks * what.size;
    out.median = percentile(times, 50);
    out.p99 = percentile(times, 99);
    out.intact = back.intact() && back.ended();
    return out;
}

[[noreturn]] void fail_block(const block_checker& blocks) {
    throw std::runtime_error("of " + std::to_string(blocks.blocks()) + " blocks the last is not as it was sent");
}

void take(connection& from, std::size_t size) {
    block_checker blocks{size};
    read_blocks(from, blocks);
    if (blocks.intact()) {
        from.await_end();
    }
    write_value(from, verdict{blocks.blocks(), blocks.bytes(), blocks.intact() ? 1U : 0U});
    if (!blocks.intact()) {
        fail_block(blocks);
    }
}

void send_back(connection& from, std::size_t size) {
    block_checker blocks{size};
    std::vector<std::byte> block(size);
    while (!blocks.ended() && read_all(from, block)) {
        // Before it is looked at, as the client waits.
        from.write(block);
        std::ranges::copy(block, blocks.room().begin());
        blocks.took(size);
        if (!blocks.intact()) {
            fail_block(blocks);
        }
    }
}

} // namespace

result measure(connection& to, const plan& what) {
    check_block_size(what.size);
    write_value(to, request{magic, what.how, what.size, 0});
    return what.how == mode::throughput ? throughput(to, what) : round_trips(to, what);
}

bool serve(connection& from) {
    request wanted{};
    if (!read_value(from, wanted)) {
        return false;
    }
    if (wanted.magic != magic) {
        throw std::runtime_error("what came is not from a client of this program");
    }
    check_block_size(wanted.size);
    if (wanted.how == mode::throughput) {
        take(from, wanted.size);
    } else {
        send_back(from, wanted.size);
    }
    return true;
}

} // namespace guest::stream
