// SPDX-License-Identifier: MIT
#include <libargo/virtio/detail/chain.hpp>

#include <stdexcept>

#include <gtest/gtest.h>
#include <libargo/virtio/request.hpp>

#include "driver_side.hpp"

namespace libargo::virtio::test {
namespace {

using namespace detail;

TEST(VirtioParts, AreJoinedWhereTheyTouch) {
    std::vector<part> parts;
    add_part(parts, {10, 5});
    add_part(parts, {0, 0});
    EXPECT_EQ(parts, (std::vector<part>{{10, 5}}));
    add_part(parts, {20, 5});
    add_part(parts, {0, 3});
    EXPECT_EQ(parts, (std::vector<part>{{0, 3}, {10, 5}, {20, 5}}));
    add_part(parts, {15, 5});
    EXPECT_EQ(parts, (std::vector<part>{{0, 3}, {10, 15}}));
    add_part(parts, {12, 2});
    EXPECT_EQ(parts, (std::vector<part>{{0, 3}, {10, 15}}));
    add_part(parts, {2, 40});
    EXPECT_EQ(parts, (std::vector<part>{{0, 42}}));
}

class VirtioRequest : public ::testing::Test {
protected:
    [[nodiscard]] request made(std::uint32_t room) const {
        auto what = std::make_unique<chain>();
        what->home = home;
        what->pool = pool;
        what->room_size = room;
        return request(std::move(what));
    }

    int woken = 0;
    std::shared_ptr<completions> home = std::make_shared<completions>([this] { ++woken; });
    std::shared_ptr<buffer_pool> pool = std::make_shared<buffer_pool>(1U << 20U);
};

TEST_F(VirtioRequest, EndsOnce) {
    auto one = made(16);
    EXPECT_TRUE(one);
    one.write(2, text_bytes("abc"));
    one.complete(5);
    EXPECT_FALSE(one);
    EXPECT_EQ(woken, 1);
    auto news = home->take();
    ASSERT_EQ(news.finished.size(), 1U);
    EXPECT_EQ(news.finished[0]->used, 5U);
    EXPECT_FALSE(news.finished[0]->failed);
    EXPECT_EQ(news.finished[0]->written, (std::vector<part>{{2, 3}}));
}

TEST_F(VirtioRequest, FailsWhenItIsDestroyed) {
    {
        const auto one = made(16);
        auto other = made(8);
        other = made(4);
    }
    auto news = home->take();
    ASSERT_EQ(news.finished.size(), 3U);
    for (const auto& one : news.finished) {
        EXPECT_TRUE(one->failed);
    }
    EXPECT_EQ(woken, 1) << "the executor takes them all at once";
}

TEST_F(VirtioRequest, OfWhichOneMovesAwayDoesNotEnd) {
    auto one = made(16);
    const request other(std::move(one));
    EXPECT_FALSE(one); // NOLINT(bugprone-use-after-move): that it is empty
    EXPECT_TRUE(other);
    EXPECT_EQ(woken, 0);
}

TEST_F(VirtioRequest, StaysWithinItsRoom) {
    auto one = made(16);
    EXPECT_EQ(one.fill(0, 16).size(), 16U);
    EXPECT_EQ(one.fill(16, 0).size(), 0U);
    EXPECT_THROW(static_cast<void>(one.fill(0, 17)), std::out_of_range);
    EXPECT_THROW(static_cast<void>(one.fill(17, 0)), std::out_of_range);
    EXPECT_THROW(static_cast<void>(one.fill(8, ~std::size_t{0})), std::out_of_range);
    EXPECT_THROW(one.complete(17), std::out_of_range);
    EXPECT_TRUE(one);
}

TEST_F(VirtioRequest, EndsWithoutEffectAfterTheHub) {
    auto one = made(16);
    home->close();
    one.complete(0);
    EXPECT_EQ(woken, 0);
    EXPECT_TRUE(home->take().finished.empty());
}

TEST(VirtioBufferPool, KeepsNoMoreThanItMay) {
    const auto pool = std::make_shared<buffer_pool>(8192);
    {
        const auto one = pool->take(100);
        EXPECT_EQ(one.bytes().size(), 4096U);
        EXPECT_EQ(one.bytes()[0], std::byte{0});
        one.bytes()[0] = std::byte{1};
        const auto large = pool->take(5000);
        EXPECT_EQ(large.bytes().size(), 8192U);
    }
    // The large one went back first, and there was no place for the small one.
    const auto again = pool->take(8192);
    EXPECT_EQ(again.bytes().size(), 8192U);
    const auto small = pool->take(1);
    EXPECT_EQ(small.bytes()[0], std::byte{0});
}

} // namespace
} // namespace libargo::virtio::test
