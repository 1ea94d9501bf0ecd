// SPDX-License-Identifier: MIT
#include <libargo/detail/buffers.hpp>

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace libargo::test {
namespace {

using boost::asio::const_buffer;
using detail::to_iovecs;

TEST(iovec_list, refers_to_the_buffers) {
    std::array<char, 10> bytes{};
    const auto list = to_iovecs(boost::asio::buffer(bytes));
    ASSERT_EQ(list.vectors().size(), 1U);
    EXPECT_EQ(list.vectors()[0].base, reinterpret_cast<std::uintptr_t>(bytes.data()));
    EXPECT_EQ(list.vectors()[0].len, bytes.size());
    EXPECT_EQ(list.bytes(), bytes.size());
}

TEST(iovec_list, leaves_out_the_empty_ones) {
    std::array<char, 10> bytes{};
    const std::array<const_buffer, 3> buffers{const_buffer{}, boost::asio::buffer(bytes), const_buffer{}};
    EXPECT_EQ(to_iovecs(buffers).vectors().size(), 1U);
    EXPECT_TRUE(to_iovecs(std::array<const_buffer, 2>{}).vectors().empty());
}

TEST(iovec_list, keeps_any_number_in_order_also_when_copied) {
    std::array<char, 100> bytes{};
    for (std::size_t count = 0; count <= bytes.size(); ++count) {
        std::vector<const_buffer> buffers;
        for (std::size_t i = 0; i < count; ++i) {
            buffers.emplace_back(&bytes.at(i), 1);
        }
        const auto made = to_iovecs(buffers);
        auto list = made; // NOLINT(performance-unnecessary-copy-initialization): the copy is what is tested
        const auto moved = std::move(list);
        ASSERT_EQ(moved.vectors().size(), count);
        EXPECT_EQ(moved.bytes(), count);
        for (std::size_t i = 0; i < count; ++i) {
            EXPECT_EQ(moved.vectors()[i].base, reinterpret_cast<std::uintptr_t>(&bytes.at(i)));
        }
    }
}

} // namespace
} // namespace libargo::test
