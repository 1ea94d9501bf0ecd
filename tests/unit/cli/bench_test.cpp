// SPDX-License-Identifier: MIT
#include "proto/bench_messages.hpp"
#include "proto/bench_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace argoctl::bench {
namespace {

using namespace std::chrono_literals;

constexpr libargo::address alice{libargo::domid_t{3}, 0xc0000001};
constexpr libargo::address bob{libargo::domid_t{4}, 0xc0000002};
constexpr std::uint32_t session = 0x01020304;

std::vector<std::byte> data(std::uint64_t sequence, std::size_t size = 64, std::uint32_t of = session) {
    std::vector<std::byte> out(size);
    put_data_head(out, of, sequence);
    return out;
}

TEST(BenchMessages, AllKindsComeBack) {
    const std::vector<control> all{start{mode::one_way, 64, 32}, ready{1000}, refuse{"busy"}, stop{99},
                                   report{1, 2, 3, 4, 5}};
    for (const auto& content : all) {
        const auto encoded = encode(session, content);
        const auto parsed = parse(control_type, encoded);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->session, session);
        EXPECT_EQ(encode(session, parsed->content), encoded);
    }
    const auto encoded = encode(session, report{1, 2, 3, 4, 5});
    EXPECT_EQ(std::get<report>(parse(control_type, encoded)->content), (report{1, 2, 3, 4, 5}));
}

TEST(BenchMessages, CutShortOrWithATailIsGarbage) {
    for (const control& content : {control{start{mode::one_way, 64, 1}}, control{ready{1}}, control{refuse{"no"}},
                                   control{stop{1}}, control{report{}}}) {
        auto encoded = encode(session, content);
        for (std::size_t size = 0; size < encoded.size(); ++size) {
            EXPECT_FALSE(parse(control_type, std::span(encoded).first(size)));
        }
        encoded.push_back(std::byte{0});
        EXPECT_FALSE(parse(control_type, encoded));
    }
}

TEST(BenchMessages, ImpossibleRunsAreGarbage) {
    EXPECT_FALSE(parse(control_type, encode(session, start{mode{3}, 64, 1})));
    EXPECT_FALSE(parse(control_type, encode(session, start{mode::one_way, 15, 1})));
    EXPECT_FALSE(parse(control_type, encode(session, start{mode::one_way, 64, 0})));
    EXPECT_FALSE(parse(data_type, encode(session, start{mode::one_way, 64, 1})));
}

TEST(BenchMessages, DataHead) {
    const auto message = data(0x0807060504030201, 16);
    EXPECT_EQ(message[0], std::byte{4}); // little endian
    EXPECT_EQ(message[8], std::byte{1});
    const auto head = parse_data_head(message);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->session, session);
    EXPECT_EQ(head->sequence, 0x0807060504030201U);
    EXPECT_FALSE(parse_data_head(std::span(message).first(15)));
}

class BenchServer : public testing::Test {
protected:
    server::step put(const control& content, const libargo::address& from = alice, std::uint32_t of = session) {
        return fsm.on_message(from, control_type, encode(of, content));
    }
    server::step put_data(std::uint64_t sequence, std::size_t size = 64) {
        return fsm.on_message(alice, data_type, data(sequence, size));
    }
    static control answer_in(const server::step& step) {
        EXPECT_TRUE(step.send);
        const auto parsed = parse(control_type, step.send->bytes);
        EXPECT_TRUE(parsed);
        return parsed->content;
    }

    server::clock::time_point now{1h};
    server fsm{1000, 16, [this] { return now; }};
};

TEST_F(BenchServer, OneWayIsCountedAndNotSentBack) {
    const auto begun = put(start{mode::one_way, 64, 8});
    EXPECT_TRUE(begun.started);
    EXPECT_EQ(std::get<ready>(answer_in(begun)).max_message, 1000U);
    for (const std::uint64_t sequence : {0U, 1U, 3U, 2U, 3U, 6U}) {
        EXPECT_FALSE(put_data(sequence).echo);
    }
    put_data(7, 65);
    const auto ended = put(stop{9});
    EXPECT_TRUE(ended.ended);
    EXPECT_EQ(std::get<report>(answer_in(ended)), (report{6, 3, 1, 1, 1}));
    EXPECT_FALSE(fsm.active());
}

TEST_F(BenchServer, RoundTripIsSentBack) {
    put(start{mode::round_trip, 64, 1});
    EXPECT_TRUE(put_data(0).echo);
    EXPECT_FALSE(put_data(0).send);
}

TEST_F(BenchServer, OneAtATime) {
    put(start{mode::one_way, 64, 1});
    const auto second = put(start{mode::one_way, 64, 1}, bob, 9);
    EXPECT_EQ(second.send->to, bob);
    EXPECT_EQ(std::get<refuse>(answer_in(second)).reason, "busy with a run for 3:3221225473");
    EXPECT_FALSE(put(stop{0}, bob).send);
    EXPECT_TRUE(fsm.active());
}

TEST_F(BenchServer, SameClientMayBeginAgain) {
    put(start{mode::one_way, 64, 1});
    put_data(0);
    EXPECT_TRUE(put(start{mode::round_trip, 64, 1}, alice, 10).started);
    // Messages of the run before do not count.
    EXPECT_FALSE(put_data(1).echo);
    EXPECT_EQ(std::get<report>(answer_in(put(stop{0}, alice, 10))), report{});
}

TEST_F(BenchServer, TooLargeForTheRing) {
    const auto answer = put(start{mode::one_way, 1001, 1});
    EXPECT_NE(std::get<refuse>(answer_in(answer)).reason.find("--ring-size"), std::string::npos);
    EXPECT_FALSE(fsm.active());
}

TEST_F(BenchServer, BatchHasALimit) {
    put(start{mode::one_way, 64, 4000000000});
    EXPECT_EQ(fsm.run().batch, 16U);
}

TEST_F(BenchServer, DeadClientsAreGivenUp) {
    now += 1h;
    EXPECT_FALSE(fsm.on_silence().given_up);
    put(start{mode::one_way, 64, 1});
    now += 9s;
    EXPECT_FALSE(fsm.on_silence().given_up);
    now += 1s;
    EXPECT_TRUE(fsm.on_silence().given_up);
    EXPECT_TRUE(put(start{mode::one_way, 64, 1}, bob, 9).started);
}

TEST_F(BenchServer, ForeignMessagesDoNotKeepADeadClientsRun) {
    put(start{mode::one_way, 64, 1});
    bool given_up = false;
    for (int i = 0; i < 20 && !given_up; ++i) {
        now += 1s;
        given_up = fsm.on_message(bob, data_type, data(0)).given_up;
    }
    EXPECT_TRUE(given_up);
    EXPECT_FALSE(fsm.active());
}

TEST_F(BenchServer, WaitingClientGetsTheServerOfADeadOne) {
    put(start{mode::one_way, 64, 1});
    bool started = false;
    for (int i = 0; i < 20 && !started; ++i) {
        now += 1s;
        started = put(start{mode::one_way, 64, 1}, bob, 9).started;
    }
    EXPECT_TRUE(started);
}

TEST_F(BenchServer, ClientThatSendsKeepsItsRun) {
    put(start{mode::one_way, 64, 1});
    for (std::uint64_t i = 0; i < 100; ++i) {
        now += 5s;
        put_data(i);
        EXPECT_FALSE(fsm.on_message(bob, data_type, data(0)).given_up);
    }
    EXPECT_TRUE(fsm.active());
}

TEST_F(BenchServer, ClientCannotHaveTheServerForEver) {
    bool started = false;
    for (std::uint64_t i = 0; i < 1000 && !started; ++i) {
        put(start{mode::one_way, 64, 1}); // a new run each time
        put_data(0);
        now += 9s;
        started = put(start{mode::one_way, 64, 1}, bob, 9).started;
    }
    EXPECT_TRUE(started);
    EXPECT_GE(now, server::clock::time_point(2h)); // not before it had an hour
}

TEST_F(BenchServer, ServerDoesNotWaitToRefuse) {
    EXPECT_TRUE(put(start{mode::one_way, 64, 1}).send->can_wait);
    EXPECT_FALSE(put(start{mode::one_way, 64, 1}, bob, 9).send->can_wait);
}

TEST_F(BenchServer, GarbageIsIgnored) {
    std::mt19937 random(4);
    put(start{mode::round_trip, 64, 1});
    for (int i = 0; i < 2000; ++i) {
        std::vector<std::byte> noise(random() % 80);
        for (auto& byte : noise) {
            byte = static_cast<std::byte>(random());
        }
        const auto step = fsm.on_message(alice, i % 2 == 0 ? control_type : data_type, noise);
        EXPECT_FALSE(step.echo || step.send || step.started || step.ended);
    }
    EXPECT_EQ(fsm.ignored(), 2000U);
    EXPECT_TRUE(put_data(0).echo);
}

} // namespace
} // namespace argoctl::bench
