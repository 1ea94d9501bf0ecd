// SPDX-License-Identifier: MIT
// A receiver that gets messages of others than its default destination, more than it can drop in its time.
#include "hostile_user.hpp"

#include <cerrno>

namespace guest {
namespace {

/// The kernel drops the messages of others in portions, and looks at the time in between.
constexpr std::uint64_t portion = 128;

class flood : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(receiver_.bind({.ring_size = 262144}), success);
        ASSERT_EQ(friend_.bind({}), success);
        ASSERT_EQ(other_.bind({}), success);
        ASSERT_EQ(receiver_.connect(friend_.local()), success);
        count_ = fill(other_, receiver_.local(), {});
        ASSERT_GT(count_, 50 * portion);
    }

    outcome receive(const wait& how) {
        message received;
        return receiver_.receive(received, 10, how);
    }

    [[nodiscard]] std::uint64_t dropped() const { return drops_of(receiver_.port()); }

    std::uint64_t count_ = 0;

private:
    endpoint receiver_;
    endpoint friend_;
    endpoint other_;
};

TEST_F(flood, of_others_delays_no_deadline) {
    EXPECT_EQ(receive({0, std::chrono::nanoseconds{1}}), outcome{ETIMEDOUT});
    EXPECT_LE(dropped(), 2 * portion);
    // There is nothing but what was to be dropped.
    EXPECT_EQ(receive(no_wait), outcome{EAGAIN});
    EXPECT_EQ(dropped(), count_);
}

} // namespace
} // namespace guest
