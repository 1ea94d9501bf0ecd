// SPDX-License-Identifier: MIT
#include "virtiod/image.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>

#include "temporary_file.hpp"

namespace argovirtiod::test {
namespace {

TEST(VirtiodImage, IsReadAndWritten) {
    const temporary_file file(8192);
    const image one({.path = file.path()});
    EXPECT_EQ(one.measure(), 8192U);
    EXPECT_EQ(one.block_size(), 512U);
    const std::vector<std::byte> written(1024, std::byte{7});
    EXPECT_EQ(one.write(512, written), io_status::ok);
    EXPECT_EQ(one.flush(), io_status::ok);
    EXPECT_EQ(file.content(512, 1024), written);
    std::vector<std::byte> read(1024);
    EXPECT_EQ(one.read(512, read), io_status::ok);
    EXPECT_EQ(read, written);
    std::vector<std::byte> cached(1024);
    if (one.read_cached(512, cached)) { // not every file system can
        EXPECT_EQ(cached, written);
    }
    EXPECT_FALSE(one.read_cached(8000, cached)) << "beyond the end";
}

TEST(VirtiodImage, IsZeroed) {
    for (const bool may_discard : {false, true}) {
        for (const bool write_through : {false, true}) {
            const temporary_file file(200'000);
            const image one({.path = file.path(), .write_through = write_through});
            ASSERT_EQ(one.write(0, std::vector(200'000, std::byte{7})), io_status::ok);
            EXPECT_EQ(one.write_zeroes(512, 150'016, may_discard), io_status::ok);
            EXPECT_EQ(file.content(512, 150'016), std::vector<std::byte>(150'016));
            EXPECT_EQ(file.content(0, 512), std::vector(512, std::byte{7}));
            EXPECT_EQ(file.content(150'528, 1), std::vector(1, std::byte{7}));
            EXPECT_EQ(one.measure(), 200'000U);
        }
    }
}

TEST(VirtiodImage, ThatHasShrunkIsNotReadBeyondItsEnd) {
    const temporary_file file(8192);
    const image one({.path = file.path()});
    file.resize(4096);
    std::vector<std::byte> read(1024);
    EXPECT_EQ(one.read(4096, read), io_status::error);
    EXPECT_EQ(one.read(3584, read), io_status::error);
}

TEST(VirtiodImage, ThatIsReadOnlyIsNotWritten) {
    const temporary_file file(8192);
    const image one({.path = file.path(), .read_only = true});
    EXPECT_EQ(one.write(0, std::vector(512, std::byte{7})), io_status::error);
}

TEST(VirtiodImage, HasOneWriter) {
    const temporary_file file(8192);
    {
        const image one({.path = file.path()});
        EXPECT_THROW(image({.path = file.path()}), std::runtime_error);
        EXPECT_THROW(image({.path = file.path(), .read_only = true}), std::runtime_error);
    }
    const image one({.path = file.path(), .read_only = true});
    const image two({.path = file.path(), .read_only = true});
    EXPECT_THROW(image({.path = file.path()}), std::runtime_error);
}

TEST(VirtiodImage, ThatIsNoneIsRefused) {
    const auto reason = [](const std::string& path) {
        try {
            static_cast<void>(image({.path = path}));
            return std::string();
        } catch (const std::runtime_error& error) {
            return std::string(error.what());
        }
    };
    EXPECT_EQ(reason("/nowhere/disk.img"), "/nowhere/disk.img: cannot open it: No such file or directory");
    EXPECT_EQ(reason("/dev/null"), "/dev/null: is neither a file nor a block device");
}

} // namespace
} // namespace argovirtiod::test
