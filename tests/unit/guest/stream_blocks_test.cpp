// SPDX-License-Identifier: MIT
#include "stream_blocks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace {

using guest::stream::block_checker;
using guest::stream::block_maker;
using data = std::vector<std::byte>;

/// All blocks from first to one before end; the last of them may be the stream's.
data blocks(std::size_t size, std::uint64_t first, std::uint64_t end, bool last = false) {
    block_maker maker{size};
    data out;
    for (auto number = first; number < end; ++number) {
        const auto block = maker.make(number, last && number + 1 == end);
        out.insert(out.end(), block.begin(), block.end());
    }
    return out;
}

/// Gives the checker the stream in pieces of at most so many bytes.
void feed(block_checker& checker, std::span<const std::byte> stream, std::size_t piece) {
    while (!stream.empty()) {
        const auto room = checker.room();
        ASSERT_FALSE(room.empty());
        const auto count = std::min({room.size(), stream.size(), piece});
        std::ranges::copy(stream.first(count), room.begin());
        checker.took(count);
        stream = stream.subspan(count);
    }
}

bool intact(std::size_t size, const data& stream, std::size_t piece = 1000) {
    block_checker checker{size};
    feed(checker, stream, piece);
    return checker.intact();
}

TEST(StreamBlocks, AreTakenInPiecesOfAnySize) {
    for (const std::size_t size : {16U, 24U, 64U, 1000U, 65536U, 65544U}) {
        const auto count = 200000 / size + 2;
        const auto stream = blocks(size, 0, count, true);
        for (const std::size_t piece : {7U, 64U, 4099U, 1U << 20U}) {
            block_checker checker{size};
            feed(checker, stream, piece);
            EXPECT_TRUE(checker.intact()) << size << " in pieces of " << piece;
            EXPECT_TRUE(checker.ended());
            EXPECT_EQ(checker.blocks(), count);
            EXPECT_EQ(checker.bytes(), stream.size());
        }
    }
}

TEST(StreamBlocks, EndWithTheLast) {
    block_checker checker{64};
    feed(checker, blocks(64, 0, 10), 64);
    EXPECT_FALSE(checker.ended());
    feed(checker, blocks(64, 10, 11, true), 63);
    EXPECT_TRUE(checker.ended());
    EXPECT_TRUE(checker.intact());
}

TEST(StreamBlocks, MoreAfterTheLastIsSeen) {
    auto stream = blocks(64, 0, 10, true);
    stream.push_back({});
    EXPECT_FALSE(intact(64, stream));
    EXPECT_FALSE(intact(64, stream, 1));
}

TEST(StreamBlocks, AMissingBlockIsSeen) {
    auto stream = blocks(64, 0, 5);
    const auto rest = blocks(64, 6, 10);
    stream.insert(stream.end(), rest.begin(), rest.end());
    EXPECT_FALSE(intact(64, stream));
}

TEST(StreamBlocks, ARepeatedBlockIsSeen) {
    auto stream = blocks(64, 0, 5);
    const auto again = blocks(64, 4, 10);
    stream.insert(stream.end(), again.begin(), again.end());
    EXPECT_FALSE(intact(64, stream));
}

TEST(StreamBlocks, LostAndAddedBytesAreSeen) {
    for (const std::size_t where : {0U, 70U, 1300U}) {
        auto stream = blocks(1024, 0, 4);
        stream.erase(stream.begin() + static_cast<std::ptrdiff_t>(where));
        EXPECT_FALSE(intact(1024, stream)) << where;
        stream.insert(stream.begin() + static_cast<std::ptrdiff_t>(where), 2, std::byte{0x55});
        EXPECT_FALSE(intact(1024, stream)) << where;
    }
}

TEST(StreamBlocks, AChangeInABlockThatIsComparedIsSeen) {
    for (const std::size_t number : {0U, 64U, 128U, 199U}) {
        auto stream = blocks(64, 0, 200, true);
        stream[64 * number + 20] ^= std::byte{1};
        EXPECT_FALSE(intact(64, stream)) << number;
    }
}

TEST(StreamBlocks, AChangeAtEitherEndOfABlockIsSeen) {
    for (const std::size_t where : {0U, 7U, 56U, 63U}) {
        auto stream = blocks(64, 0, 10);
        stream[192 + where] ^= std::byte{0x80};
        EXPECT_FALSE(intact(64, stream)) << where;
    }
}

TEST(StreamBlocks, ABadBlockDoesNotEndTheStream) {
    block_checker checker{64};
    feed(checker, data(64, std::byte{0xff}), 64);
    EXPECT_FALSE(checker.intact());
    EXPECT_FALSE(checker.ended());
}

TEST(StreamBlocks, SizesThatCannotBe) {
    for (const std::size_t size : {0U, 8U, 20U, (1U << 20U) + 8}) {
        EXPECT_THROW(block_maker{size}, std::invalid_argument) << size;
        EXPECT_THROW(block_checker{size}, std::invalid_argument) << size;
    }
}

} // namespace
