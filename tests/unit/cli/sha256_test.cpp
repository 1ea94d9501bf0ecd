// SPDX-License-Identifier: MIT
#include "util/sha256.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string_view>

namespace argoctl {
namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

// The vectors of FIPS 180-2.
TEST(Sha256, Empty) {
    sha256 hash;
    EXPECT_EQ(to_hex(hash.finish()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, PiecesMakeTheWhole) {
    sha256 hash;
    hash.update(bytes("a"));
    hash.update(bytes(""));
    hash.update(bytes("bc"));
    EXPECT_EQ(to_hex(hash.finish()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

} // namespace
} // namespace argoctl
