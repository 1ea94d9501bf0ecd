// SPDX-License-Identifier: MIT
#include "proto/transfer_messages.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace argoctl::transfer {
namespace {

constexpr std::uint64_t id = 0x1122334455667788;

std::vector<std::byte> bytes(std::initializer_list<int> values) {
    std::vector<std::byte> out;
    for (const int value : values) {
        out.push_back(static_cast<std::byte>(value));
    }
    return out;
}

template <class T> T round_trip(const T& content) {
    const auto encoded = encode(id, content);
    const auto parsed = parse(message_type, encoded);
    EXPECT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->id, id);
    return std::get<T>(parsed->content);
}

TEST(TransferMessages, BytesOfAHello) {
    const auto encoded = encode(id, hello{0x0102, true, "ab"});
    EXPECT_EQ(encoded, bytes({'A',  'C',  'X',  'F',  1,    0,    1,    0,      // magic, version, kind
                              0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,   // id
                              2,    1,    0,    0,    0,    0,    0,    0,      // size
                              1,    0,    0,    0,    2,    0,    'a',  'b'})); // flags, name
}

TEST(TransferMessages, BytesBeforeTheData) {
    const auto head = encode_data_header(id, 0x10000);
    EXPECT_EQ(head.size(), data_header_size);
    EXPECT_EQ(head, bytes({'A',  'C',  'X',  'F',  1,    0,    4,    0,    //
                           0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, //
                           0,    0,    1,    0,    0,    0,    0,    0}));
}

TEST(TransferMessages, AllKindsComeBack) {
    sha256::digest digest{};
    digest.fill(std::byte{0xab});

    const auto offer = round_trip(hello{std::nullopt, false, "name"});
    EXPECT_FALSE(offer.size);
    EXPECT_FALSE(offer.checksum);
    EXPECT_EQ(offer.name, "name");
    EXPECT_EQ(round_trip(hello{0, true, ""}).size, 0U);
    EXPECT_EQ(round_trip(accept{65536}).chunk, 65536U);
    EXPECT_EQ(round_trip(refuse{"busy"}).reason, "busy");
    EXPECT_EQ(round_trip(end{7, std::nullopt}).digest, std::nullopt);
    EXPECT_EQ(round_trip(end{7, digest}).digest, digest);
    const auto answer = round_trip(result{false, 9, digest, "disk full"});
    EXPECT_FALSE(answer.good);
    EXPECT_EQ(answer.total, 9U);
    EXPECT_EQ(answer.digest, digest);
    EXPECT_EQ(answer.reason, "disk full");
    EXPECT_TRUE(round_trip(result{true, 9, std::nullopt, ""}).good);
    EXPECT_EQ(round_trip(abort{"interrupted"}).reason, "interrupted");
    round_trip(alive{});
}

TEST(TransferMessages, DataStayWhereTheyAre) {
    const auto payload = bytes({1, 2, 3});
    const auto encoded = encode(id, data{5, payload});
    const auto parsed = parse(message_type, encoded);
    ASSERT_TRUE(parsed);
    const auto& piece = std::get<data>(parsed->content);
    EXPECT_EQ(piece.offset, 5U);
    EXPECT_EQ(piece.bytes.data(), encoded.data() + data_header_size);
    EXPECT_EQ(piece.bytes.size(), 3U);
}

TEST(TransferMessages, OtherTypesAreNotOurs) {
    EXPECT_FALSE(parse(message_type + 1, encode(id, alive{})));
    EXPECT_FALSE(parse(0, {}));
}

TEST(TransferMessages, CutShortOrWithATailIsGarbage) {
    const std::vector<body> all{hello{1, true, "name"},
                                accept{1},
                                refuse{"why"},
                                end{1, sha256::digest{}},
                                result{true, 1, sha256::digest{}, "why"},
                                abort{"why"},
                                alive{}};
    for (const auto& content : all) {
        auto encoded = encode(id, content);
        for (std::size_t size = 0; size < encoded.size(); ++size) {
            EXPECT_FALSE(parse(message_type, std::span(encoded).first(size))) << content.index() << " at " << size;
        }
        encoded.push_back(std::byte{0});
        EXPECT_FALSE(parse(message_type, encoded)) << content.index();
    }
}

TEST(TransferMessages, TextsHaveALimit) {
    EXPECT_EQ(round_trip(hello{1, false, std::string(1000, 'n')}).name.size(), longest_name);
    auto encoded = encode(id, refuse{std::string(longest_reason, 'r')});
    // One more than the limit, by its own length field.
    encoded.push_back(std::byte{'r'});
    encoded[header_size] = static_cast<std::byte>((longest_reason + 1) & 0xff);
    encoded[header_size + 1] = static_cast<std::byte>((longest_reason + 1) >> 8);
    EXPECT_FALSE(parse(message_type, encoded));
}

TEST(TransferMessages, UnknownFlagsAndKindsAreGarbage) {
    auto offer = encode(id, hello{1, false, ""});
    offer[header_size + 8] = std::byte{2};
    EXPECT_FALSE(parse(message_type, offer));
    auto kind = encode(id, alive{});
    kind[6] = std::byte{99};
    EXPECT_FALSE(parse(message_type, kind));
    kind[6] = std::byte{0};
    EXPECT_FALSE(parse(message_type, kind));
}

TEST(TransferMessages, AnotherVersionIsRecognised) {
    auto offer = encode(id, hello{1, false, "name"});
    offer[4] = std::byte{2};
    const auto parsed = parse(message_type, offer);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(std::get<other_version>(parsed->content).number, 2U);
    EXPECT_EQ(parsed->id, id);
    // A refusal reads the same in all versions.
    auto no = encode(id, refuse{"too old"});
    no[4] = std::byte{2};
    const auto refusal = parse(message_type, no);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(std::get<refuse>(refusal->content).reason, "too old");
}

TEST(TransferMessages, RandomBytesNeverPassForTexts) {
    std::mt19937 random(1);
    for (int i = 0; i < 20000; ++i) {
        std::vector<std::byte> noise(random() % 64);
        for (auto& byte : noise) {
            byte = static_cast<std::byte>(random());
        }
        EXPECT_FALSE(parse(message_type, noise));
        // With a good start, anything may come out, but within the limits.
        auto message = encode(id, alive{});
        message[6] = static_cast<std::byte>(random() % 10);
        message.insert(message.end(), noise.begin(), noise.end());
        const auto parsed = parse(message_type, message);
        if (const auto* const no = parsed ? std::get_if<refuse>(&parsed->content) : nullptr) {
            EXPECT_LE(no->reason.size(), longest_reason);
            EXPECT_EQ(no->reason.size() + 2, noise.size());
        }
    }
}

} // namespace
} // namespace argoctl::transfer
