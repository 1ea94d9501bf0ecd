// SPDX-License-Identifier: MIT
// The disk and the entropy device as a driver side sees them, without a hypervisor.
#include "virtiod/block.hpp"
#include "virtiod/entropy.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>

#include "driver_side.hpp"
#include "temporary_file.hpp"

namespace argovirtiod::test {
namespace {

using libargo::virtio::detail::device_message;
using libargo::virtio::detail::hub;
using libargo::virtio::detail::load;
using libargo::virtio::detail::store;
using libargo::virtio::test::bytes;
using libargo::virtio::test::driver_side;
using libargo::virtio::test::filled;

constexpr libargo::port_t port = 258;
constexpr std::size_t sectors = 64;

class VirtiodBlock : public ::testing::Test {
protected:
    /// Adds the disk, and makes it ready.
    void serve(image::options chosen = {}) {
        chosen.path = file.path();
        disk = std::make_shared<block_device>(
            std::make_shared<const image>(chosen), block_device::options{.serial = "serial-1"},
            [this](std::function<void()> what) { waiting.push_back(std::move(what)); });
        bus.set_port(port, 65536);
        bus.add(driver_side::domid, 1, port, disk);
        driver.set_up(1, 0);
    }

    /// Sends a request. @returns its status byte, and what was read
    std::pair<unsigned, bytes> ask(std::uint32_t type, std::uint64_t sector, const bytes& data, std::size_t room) {
        bytes readable(16 + data.size());
        store(readable, 0, type);
        store(readable, 8, sector);
        std::copy(data.begin(), data.end(), readable.begin() + 16);
        driver.request(1, 0, readable, static_cast<std::uint32_t>(room + 1));
        for (const auto& work : std::exchange(waiting, {})) {
            work();
        }
        auto answered = driver.answer();
        EXPECT_TRUE(answered);
        EXPECT_FALSE(answered->failed);
        const auto status = std::to_integer<unsigned>(answered->room.back());
        answered->room.pop_back();
        return {status, std::move(answered->room)};
    }
    [[nodiscard]] unsigned status_of(std::uint32_t type, std::uint64_t sector, const bytes& data,
                                     std::size_t room = 0) {
        return ask(type, sector, data, room).first;
    }
    [[nodiscard]] static bytes range(std::uint64_t sector, std::uint32_t count, std::uint32_t flags = 0) {
        bytes made(16);
        store(made, 0, sector);
        store(made, 8, count);
        store(made, 12, flags);
        return made;
    }
    [[nodiscard]] virtio_blk_config config() {
        bytes asked(8);
        store(asked, 4, static_cast<std::uint32_t>(sizeof(virtio_blk_config)));
        const auto answered = driver.ask(device_message::get_config, 1, asked);
        virtio_blk_config made{};
        if (answered && answered->size() == 12 + sizeof(made)) {
            std::memcpy(&made, answered->data() + 12, sizeof(made));
        }
        return made;
    }

    temporary_file file{sectors * 512};
    std::vector<std::function<void()>> waiting;
    hub bus{{}};
    driver_side driver{bus, port};
    std::shared_ptr<block_device> disk;
};

TEST_F(VirtiodBlock, SaysWhatItIs) {
    serve();
    const auto found = config();
    EXPECT_EQ(found.capacity, sectors);
    EXPECT_EQ(found.blk_size, 512U);
    EXPECT_EQ(found.size_max, 4096U);
    EXPECT_EQ(found.num_queues, 1U);
    EXPECT_EQ(disk->describe().id, static_cast<std::uint32_t>(VIRTIO_ID_BLOCK));
}

TEST_F(VirtiodBlock, ItsRequestsFitTheMessagesOfBothSides) {
    serve();
    disk->linked({.request = 65536, .answer = 1U << 20U});
    EXPECT_EQ(config().seg_max, 15U) << "a header has to fit, too";
    disk->linked({.request = 1U << 20U, .answer = 65536});
    EXPECT_EQ(config().seg_max, 15U) << "and a status byte";
    disk->linked({.request = 100, .answer = 100});
    EXPECT_EQ(config().seg_max, 1U) << "one comes in several messages then";
    disk->linked({.request = 1U << 30U, .answer = 1U << 30U});
    EXPECT_EQ(config().seg_max, 62U);
}

TEST_F(VirtiodBlock, IsWrittenAndRead) {
    serve();
    EXPECT_EQ(status_of(VIRTIO_BLK_T_OUT, 3, filled(1024, 9)), unsigned{VIRTIO_BLK_S_OK});
    EXPECT_EQ(file.content(3 * 512, 1024), filled(1024, 9));
    const auto [status, read] = ask(VIRTIO_BLK_T_IN, 4, {}, 1024);
    EXPECT_EQ(status, unsigned{VIRTIO_BLK_S_OK});
    EXPECT_EQ(bytes(read.begin(), read.begin() + 512), filled(512, 9));
    EXPECT_EQ(bytes(read.begin() + 512, read.end()), filled(512, 0));
    EXPECT_EQ(status_of(VIRTIO_BLK_T_FLUSH, 0, {}), unsigned{VIRTIO_BLK_S_OK});
}

TEST_F(VirtiodBlock, EndsAtItsLastSector) {
    serve();
    EXPECT_EQ(status_of(VIRTIO_BLK_T_OUT, sectors - 1, filled(512, 9)), unsigned{VIRTIO_BLK_S_OK});
    const auto before = file.content();
    const auto far = std::uint64_t{1} << 55U; // times 512, it is 0
    for (const std::uint64_t sector : {std::uint64_t{sectors}, std::uint64_t{sectors - 1}, far, ~std::uint64_t{0}}) {
        EXPECT_EQ(status_of(VIRTIO_BLK_T_OUT, sector, filled(1024, 7)), unsigned{VIRTIO_BLK_S_IOERR});
        EXPECT_EQ(status_of(VIRTIO_BLK_T_IN, sector, {}, 1024), unsigned{VIRTIO_BLK_S_IOERR});
        EXPECT_EQ(status_of(VIRTIO_BLK_T_DISCARD, 0, range(sector, 2)), unsigned{VIRTIO_BLK_S_IOERR});
        EXPECT_EQ(status_of(VIRTIO_BLK_T_WRITE_ZEROES, 0, range(sector, 2)), unsigned{VIRTIO_BLK_S_IOERR});
    }
    EXPECT_EQ(file.content(), before) << "and it does not grow";
}

TEST_F(VirtiodBlock, WantsWholeSectors) {
    serve();
    EXPECT_EQ(status_of(VIRTIO_BLK_T_OUT, 0, filled(511, 7)), unsigned{VIRTIO_BLK_S_IOERR});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_IN, 0, {}, 513), unsigned{VIRTIO_BLK_S_IOERR});
    EXPECT_EQ(file.content(), bytes(sectors * 512));
}

TEST_F(VirtiodBlock, OfAFileWithAPartOfASectorHasWholeOnes) {
    file.resize(1000);
    serve();
    EXPECT_EQ(config().capacity, 1U);
    EXPECT_EQ(status_of(VIRTIO_BLK_T_IN, 1, {}, 512), unsigned{VIRTIO_BLK_S_IOERR});
}

TEST_F(VirtiodBlock, IsDiscardedAndZeroed) {
    serve();
    ASSERT_EQ(status_of(VIRTIO_BLK_T_OUT, 0, filled(8192, 9)), unsigned{VIRTIO_BLK_S_OK});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_DISCARD, 0, range(0, 8)), unsigned{VIRTIO_BLK_S_OK});
    const auto unmapped = range(10, 1, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP);
    EXPECT_EQ(status_of(VIRTIO_BLK_T_WRITE_ZEROES, 0, range(8, 1)), unsigned{VIRTIO_BLK_S_OK});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_WRITE_ZEROES, 0, unmapped), unsigned{VIRTIO_BLK_S_OK});
    auto two = range(20, 1);
    two.insert(two.end(), unmapped.begin(), unmapped.end());
    EXPECT_EQ(status_of(VIRTIO_BLK_T_DISCARD, 0, filled(32, 0)), unsigned{VIRTIO_BLK_S_OK}) << "of no sectors";
    EXPECT_EQ(status_of(VIRTIO_BLK_T_WRITE_ZEROES, 0, two), unsigned{VIRTIO_BLK_S_UNSUPP});
    EXPECT_EQ(file.content(8 * 512, 512), filled(512, 0));
    EXPECT_EQ(file.content(9 * 512, 512), filled(512, 9));
    EXPECT_EQ(file.content(10 * 512, 512), filled(512, 0));
    EXPECT_EQ(file.content(11 * 512, 512), filled(512, 9));
    EXPECT_EQ(status_of(VIRTIO_BLK_T_DISCARD, 0, range(0, 0)), unsigned{VIRTIO_BLK_S_OK});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_DISCARD, 0, range(0, 1, 1)), unsigned{VIRTIO_BLK_S_UNSUPP});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_WRITE_ZEROES, 0, range(0, 1, 2)), unsigned{VIRTIO_BLK_S_UNSUPP});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_DISCARD, 0, filled(15, 0)), unsigned{VIRTIO_BLK_S_UNSUPP});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_DISCARD, 0, {}), unsigned{VIRTIO_BLK_S_UNSUPP});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_DISCARD, 0, filled(std::size_t{16} * 17, 0)), unsigned{VIRTIO_BLK_S_UNSUPP});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_WRITE_ZEROES, 0, range(0, 0xffffffff)), unsigned{VIRTIO_BLK_S_UNSUPP});
}

TEST_F(VirtiodBlock, HasAName) {
    serve();
    const auto [status, name] = ask(VIRTIO_BLK_T_GET_ID, 0, {}, VIRTIO_BLK_ID_BYTES);
    EXPECT_EQ(status, unsigned{VIRTIO_BLK_S_OK});
    auto wanted = libargo::virtio::test::text_bytes("serial-1");
    wanted.resize(VIRTIO_BLK_ID_BYTES);
    EXPECT_EQ(name, wanted);
    EXPECT_EQ(status_of(VIRTIO_BLK_T_GET_ID, 0, {}, 19), unsigned{VIRTIO_BLK_S_IOERR});
}

TEST_F(VirtiodBlock, DoesNotDoWhatItDoesNotKnow) {
    serve();
    EXPECT_EQ(status_of(0x7fffffff, 0, {}), unsigned{VIRTIO_BLK_S_UNSUPP});
}

TEST_F(VirtiodBlock, FailsWhatHasNoHeaderOrNoStatus) {
    serve();
    driver.request(1, 0, bytes(15), 1);
    driver.request(1, 1, bytes(16), 0);
    for (const auto& work : std::exchange(waiting, {})) {
        work();
    }
    const auto answered = driver.answer();
    ASSERT_TRUE(answered);
    EXPECT_TRUE(answered->failed);
    EXPECT_FALSE(driver.answer());
}

TEST_F(VirtiodBlock, ThatIsReadOnlyIsNotWritten) {
    serve({.path = {}, .read_only = true});
    const auto features = disk->describe().features;
    EXPECT_NE(features & (1U << VIRTIO_BLK_F_RO), 0U);
    EXPECT_EQ(features & ((1U << VIRTIO_BLK_F_FLUSH) | (1U << VIRTIO_BLK_F_DISCARD)), 0U);
    EXPECT_EQ(status_of(VIRTIO_BLK_T_OUT, 0, filled(512, 9)), unsigned{VIRTIO_BLK_S_IOERR});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_DISCARD, 0, range(0, 1)), unsigned{VIRTIO_BLK_S_IOERR});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_WRITE_ZEROES, 0, range(0, 1)), unsigned{VIRTIO_BLK_S_IOERR});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_IN, 0, {}, 512), unsigned{VIRTIO_BLK_S_OK});
}

TEST_F(VirtiodBlock, ThatWritesThroughHasNothingToFlush) {
    serve({.path = {}, .write_through = true});
    EXPECT_EQ(disk->describe().features & (1U << VIRTIO_BLK_F_FLUSH), 0U);
    EXPECT_EQ(status_of(VIRTIO_BLK_T_OUT, 0, filled(512, 9)), unsigned{VIRTIO_BLK_S_OK});
}

TEST_F(VirtiodBlock, ThatGrowsSaysSo) {
    serve();
    driver.events.clear();
    EXPECT_FALSE(disk->resize());
    file.resize(2 * sectors * 512);
    EXPECT_EQ(status_of(VIRTIO_BLK_T_IN, sectors, {}, 512), unsigned{VIRTIO_BLK_S_IOERR});
    EXPECT_TRUE(disk->resize());
    driver.pump();
    ASSERT_EQ(driver.events.size(), 1U);
    EXPECT_TRUE(driver.events[0].is(device_message::event_config));
    EXPECT_EQ(config().capacity, 2 * sectors);
    EXPECT_EQ(status_of(VIRTIO_BLK_T_IN, sectors, {}, 512), unsigned{VIRTIO_BLK_S_OK});
}

TEST_F(VirtiodBlock, WhoseFileHasShrunkLeaksNothing) {
    serve();
    EXPECT_EQ(status_of(VIRTIO_BLK_T_OUT, 0, filled(2048, 9)), unsigned{VIRTIO_BLK_S_OK});
    EXPECT_EQ(status_of(VIRTIO_BLK_T_IN, 0, {}, 2048), unsigned{VIRTIO_BLK_S_OK});
    file.resize(1024);
    const auto [status, read] = ask(VIRTIO_BLK_T_IN, 0, {}, 2048);
    EXPECT_EQ(status, unsigned{VIRTIO_BLK_S_IOERR});
    EXPECT_EQ(read, filled(2048, 0));
}

TEST(VirtiodEntropy, FillsTheRoom) {
    hub bus{{}};
    bus.set_port(260, 4096);
    bus.add(driver_side::domid, 2, 260, std::make_shared<entropy_device>());
    driver_side driver(bus, 260);
    driver.set_up(2, 0);
    driver.request(2, 0, {}, 64);
    driver.request(2, 1, {}, 1000);
    const auto first = driver.answer();
    const auto second = driver.answer();
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->used, 64U);
    EXPECT_NE(first->room, filled(64, 0xee));
    EXPECT_EQ(second->used, 256U) << "and the driver asks for more";
    EXPECT_EQ(bytes(second->room.begin() + 256, second->room.end()), filled(744, 0xee));
}

} // namespace
} // namespace argovirtiod::test
