// SPDX-License-Identifier: MIT
#include "proto/transfer_receiver.hpp"
#include "proto/transfer_sender.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace argoctl::transfer {
namespace {

using namespace std::chrono_literals;

constexpr libargo::address alice{libargo::domid_t{3}, 0xc0000001};
constexpr libargo::address bob{libargo::domid_t{4}, 0xc0000002};
constexpr std::uint64_t id = 77;
constexpr clock::time_point start{1h};

std::vector<std::byte> bytes(std::string_view text) {
    const auto view = std::as_bytes(std::span(text.data(), text.size()));
    return {view.begin(), view.end()};
}

std::string text(std::span<const std::byte> data) {
    std::string out;
    for (const auto byte : data) {
        out += static_cast<char>(byte);
    }
    return out;
}

sha256::digest digest_of(std::string_view data) {
    sha256 hash;
    hash.update(bytes(data));
    return hash.finish();
}

class Receiver : public testing::Test {
protected:
    /// What the step says of one message.
    struct effect {
        std::string written;
        std::optional<message> sent;
        std::vector<std::byte> sent_bytes; // what sent refers to
        libargo::address to;
        bool started = false;
        bool complete = false;
    };

    static effect look(const receiver::step& step) {
        effect out{text(step.write), std::nullopt, {}, {}, step.started, step.complete};
        if (step.send) {
            out.sent_bytes = step.send->bytes;
            out.to = step.send->to;
            out.sent = parse(message_type, out.sent_bytes);
            EXPECT_TRUE(out.sent);
        }
        return out;
    }

    effect put(const body& content, const libargo::address& from = alice, std::uint64_t of = id) {
        message_ = encode(of, content);
        return look(fsm.on_message(from, message_type, message_, now));
    }
    effect put_data(std::uint64_t offset, std::string_view what) {
        const auto payload = bytes(what);
        return put(data{offset, payload});
    }
    void offer(std::optional<std::uint64_t> size, bool checksum = false) {
        ASSERT_TRUE(put(hello{size, checksum, "name"}).started);
    }

    /// The failure that the sender is told of.
    static std::string failure_in(const effect& seen) {
        const auto* const answer = seen.sent ? std::get_if<result>(&seen.sent->content) : nullptr;
        return answer != nullptr && !answer->good ? answer->reason : "";
    }

    receiver fsm{{4096, false, 30s}};
    clock::time_point now = start;

private:
    std::vector<std::byte> message_; // what a step's data are in
};

TEST_F(Receiver, AcceptsAndSaysHowMuchAtATime) {
    const auto seen = put(hello{6, false, "name"});
    EXPECT_TRUE(seen.started);
    EXPECT_EQ(seen.to, alice);
    EXPECT_EQ(std::get<accept>(seen.sent->content).chunk, 4096U);
    EXPECT_EQ(fsm.offer().name, "name");
    EXPECT_EQ(fsm.peer(), alice);
}

TEST_F(Receiver, WholeFile) {
    offer(6, true);
    EXPECT_EQ(put_data(0, "abc").written, "abc");
    EXPECT_EQ(put_data(3, "def").written, "def");
    const auto seen = put(end{6, digest_of("abcdef")});
    EXPECT_TRUE(seen.complete);
    EXPECT_FALSE(seen.sent); // not before the file is safe
    EXPECT_EQ(fsm.outcome(), ending::none);

    const auto last = look(fsm.commit(now));
    const auto& answer = std::get<result>(last.sent->content);
    EXPECT_TRUE(answer.good);
    EXPECT_EQ(answer.total, 6U);
    EXPECT_EQ(answer.digest, digest_of("abcdef"));
    EXPECT_EQ(fsm.outcome(), ending::good);
    EXPECT_TRUE(fsm.verified());
}

TEST_F(Receiver, EmptyFile) {
    offer(0, true);
    EXPECT_TRUE(put(end{0, digest_of("")}).complete);
}

TEST_F(Receiver, UnknownSizeEndsWhereTheSenderSays) {
    offer(std::nullopt);
    put_data(0, "abc");
    EXPECT_TRUE(put(end{3, std::nullopt}).complete);
    EXPECT_FALSE(fsm.digest());
}

TEST_F(Receiver, LostDataEndItAndTheSenderIsTold) {
    offer(std::nullopt);
    put_data(0, "abc");
    EXPECT_EQ(failure_in(put_data(6, "ghi")), "bytes 3 to 6 are missing");
    EXPECT_EQ(fsm.outcome(), ending::failed);
    // Nothing is written any more.
    EXPECT_EQ(put_data(3, "def").written, "");
}

TEST_F(Receiver, DuplicateDataAreWrittenOnce) {
    offer(6);
    put_data(0, "abc");
    EXPECT_EQ(put_data(0, "abc").written, "");
    EXPECT_EQ(put_data(3, "def").written, "def");
    EXPECT_EQ(put_data(0, "abcdef").written, "");
    EXPECT_EQ(fsm.duplicates(), 2U);
    EXPECT_TRUE(put(end{6, std::nullopt}).complete);
}

TEST_F(Receiver, OverlappingDataAreNoDuplicate) {
    offer(std::nullopt);
    put_data(0, "abc");
    EXPECT_NE(failure_in(put_data(2, "cd")), "");
}

TEST_F(Receiver, OffsetsThatWrapAroundAreLostData) {
    offer(std::nullopt);
    put_data(0, "abc");
    EXPECT_NE(failure_in(put_data(~std::uint64_t{0}, "xy")), "");
}

TEST_F(Receiver, MoreThanAnnounced) {
    offer(4);
    put_data(0, "abc");
    EXPECT_NE(failure_in(put_data(3, "de")), "");
}

TEST_F(Receiver, LessThanAnnounced) {
    offer(4);
    put_data(0, "abc");
    EXPECT_EQ(failure_in(put(end{3, std::nullopt})), "received 3 bytes, 4 were announced");
}

TEST_F(Receiver, EndThatCountsDifferently) {
    offer(std::nullopt);
    put_data(0, "abc");
    EXPECT_EQ(failure_in(put(end{4, std::nullopt})), "received 3 bytes, 4 were sent");
}

TEST_F(Receiver, ChecksumThatDiffers) {
    offer(3, true);
    put_data(0, "abc");
    EXPECT_NE(failure_in(put(end{3, digest_of("abd")})).find("checksum differs"), std::string::npos);
    EXPECT_FALSE(fsm.verified());
}

TEST_F(Receiver, ChecksumThatIsMissing) {
    offer(3, true);
    put_data(0, "abc");
    EXPECT_NE(failure_in(put(end{3, std::nullopt})), "");
}

TEST_F(Receiver, OwnChecksumOnRequest) {
    fsm = receiver({4096, true, 30s});
    offer(3, false);
    put_data(0, "abc");
    EXPECT_TRUE(put(end{3, std::nullopt}).complete);
    fsm.commit(now);
    EXPECT_EQ(fsm.digest(), digest_of("abc"));
    EXPECT_FALSE(fsm.verified());
}

TEST_F(Receiver, SecondSenderIsRefusedAndTheFirstGoesOn) {
    offer(3);
    const auto seen = put(hello{3, false, "other"}, bob, 78);
    EXPECT_EQ(seen.to, bob);
    EXPECT_EQ(seen.sent->id, 78U);
    EXPECT_EQ(std::get<refuse>(seen.sent->content).reason, "busy with a transfer from 3:3221225473");
    EXPECT_EQ(put_data(0, "abc").written, "abc");
    EXPECT_EQ(fsm.refused(), 1U);
}

TEST_F(Receiver, OthersCannotMeddle) {
    offer(3);
    const auto payload = bytes("abc");
    EXPECT_EQ(put(data{0, payload}, bob).written, "");
    EXPECT_EQ(put(data{0, payload}, alice, id + 1).written, "");
    EXPECT_FALSE(put(abort{"no"}, bob).sent);
    EXPECT_FALSE(put(end{0, std::nullopt}, bob).complete);
    EXPECT_EQ(fsm.ignored(), 4U);
    EXPECT_TRUE(fsm.active());
}

TEST_F(Receiver, RepeatedHelloIsNoSecondSender) {
    offer(3);
    const auto seen = put(hello{3, false, "name"});
    EXPECT_FALSE(seen.started);
    EXPECT_FALSE(seen.sent);
}

TEST_F(Receiver, GarbageIsIgnoredAtAnyTime) {
    std::mt19937 random(2);
    const auto noise = [&] {
        std::vector<std::byte> out(random() % 100);
        for (auto& byte : out) {
            byte = static_cast<std::byte>(random());
        }
        return out;
    };
    for (int i = 0; i < 1000; ++i) {
        fsm.on_message(alice, message_type, noise(), now);
    }
    offer(3);
    for (int i = 0; i < 1000; ++i) {
        fsm.on_message(alice, static_cast<std::uint32_t>(random()), noise(), now);
    }
    EXPECT_EQ(fsm.ignored(), 2000U);
    EXPECT_EQ(put_data(0, "abc").written, "abc");
    EXPECT_TRUE(put(end{3, std::nullopt}).complete);
}

TEST_F(Receiver, DataBeforeAnOfferAreIgnored) {
    EXPECT_EQ(put_data(0, "abc").written, "");
    EXPECT_FALSE(put(end{0, std::nullopt}).complete);
    EXPECT_EQ(fsm.outcome(), ending::none);
    offer(3);
}

TEST_F(Receiver, MessagesOfAReceiverAreIgnored) {
    offer(3);
    EXPECT_FALSE(put(accept{1}).sent);
    EXPECT_FALSE(put(result{true, 0, std::nullopt, ""}).sent);
    EXPECT_EQ(fsm.ignored(), 2U);
}

TEST_F(Receiver, AnotherVersionIsRefused) {
    auto future = encode(id, hello{3, false, "name"});
    future[4] = std::byte{2};
    const auto seen = look(fsm.on_message(alice, message_type, future, now));
    EXPECT_EQ(std::get<refuse>(seen.sent->content).reason,
              "the receiver speaks version 1 of the transfer protocol, not 2");
    EXPECT_FALSE(fsm.active());
}

TEST_F(Receiver, SenderGivesUp) {
    offer(3);
    put(abort{"interrupted"});
    EXPECT_EQ(fsm.outcome(), ending::failed);
    EXPECT_EQ(fsm.reason(), "the sender gave up: interrupted");
}

TEST_F(Receiver, SilentSenderIsGivenUp) {
    offer(3);
    now += 30s;
    fsm.on_tick(now, true);
    EXPECT_TRUE(fsm.active());
    now += 1ms;
    const auto seen = look(fsm.on_tick(now, true));
    EXPECT_EQ(fsm.outcome(), ending::peer_gone);
    EXPECT_EQ(failure_in(seen), "nothing heard from the sender for 30 s");
}

TEST_F(Receiver, SlowSenderIsNot) {
    offer(3);
    for (int i = 0; i < 10; ++i) {
        now += 20s;
        put(alive{});
        fsm.on_tick(now, true);
    }
    EXPECT_TRUE(fsm.active());
}

TEST_F(Receiver, SenderIsNotMissedWhileNobodyListens) {
    offer(3);
    now += 1h;
    const auto seen = look(fsm.on_tick(now, false));
    EXPECT_TRUE(std::holds_alternative<alive>(seen.sent->content));
    now += 29s;
    fsm.on_tick(now, true);
    EXPECT_TRUE(fsm.active());
}

TEST_F(Receiver, SenderThatIsOnlyAliveIsGivenUp) {
    offer(std::nullopt);
    put_data(0, "abc");
    std::string told;
    for (const auto begin = now; fsm.active() && now - begin < 24h; now += 20s) {
        put(alive{});
        put(data{3, {}});   // data without data
        put_data(0, "abc"); // data that were received already
        told = failure_in(look(fsm.on_tick(now, true)));
    }
    EXPECT_EQ(fsm.outcome(), ending::failed);
    EXPECT_EQ(told, "the sender is alive, but sent no data for 900 s");
    EXPECT_EQ(now - start, 15min + 20s + 20s); // the tick after the limit, and the step of the loop
}

TEST_F(Receiver, SenderOfDataIsNotStalled) {
    offer(std::nullopt);
    for (std::uint64_t sent = 0; sent < 10; ++sent) {
        now += 14min;
        put_data(sent, "x");
        fsm.on_tick(now, true);
    }
    EXPECT_TRUE(fsm.active());
}

TEST_F(Receiver, SenderIsNotStalledWhileNobodyListens) {
    offer(std::nullopt);
    now += 1h;
    fsm.on_tick(now, false);
    now += 29s;
    fsm.on_tick(now, true);
    EXPECT_TRUE(fsm.active());
}

TEST_F(Receiver, FileThatIsAnnouncedTooLargeIsRefused) {
    fsm = receiver({.chunk = 4096, .max_size = 5});
    const auto seen = put(hello{6, false, "name"});
    EXPECT_EQ(std::get<refuse>(seen.sent->content).reason, "the file has 6 bytes, the receiver takes 5 at most");
    EXPECT_FALSE(seen.started);
    // The receiver is free for another sender.
    EXPECT_TRUE(put(hello{5, false, "name"}, bob).started);
}

TEST_F(Receiver, FileThatGrowsTooLargeIsNotWritten) {
    fsm = receiver({.chunk = 4096, .max_size = 5});
    offer(std::nullopt);
    EXPECT_EQ(put_data(0, "abc").written, "abc");
    const auto seen = put_data(3, "def");
    EXPECT_EQ(seen.written, "");
    EXPECT_EQ(failure_in(seen), "more data than the 5 bytes that the receiver takes at most");
    EXPECT_EQ(fsm.received(), 3U);
}

TEST_F(Receiver, FileOfTheLargestSizeIsTaken) {
    fsm = receiver({.chunk = 4096, .max_size = 5});
    offer(std::nullopt);
    EXPECT_EQ(put_data(0, "abcde").written, "abcde");
    EXPECT_TRUE(put(end{5, std::nullopt}).complete);
}

TEST_F(Receiver, WaitsForASenderForEver) {
    now += 1000h;
    EXPECT_FALSE(look(fsm.on_tick(now, true)).sent);
    EXPECT_EQ(fsm.outcome(), ending::none);
}

TEST_F(Receiver, OwnFailureIsTold) {
    offer(3);
    EXPECT_EQ(failure_in(look(fsm.fail("disk full"))), "disk full");
    EXPECT_EQ(fsm.outcome(), ending::failed);
    EXPECT_FALSE(look(fsm.fail("again")).sent);
    EXPECT_EQ(fsm.reason(), "disk full");
}

TEST_F(Receiver, OwnFailureBeforeAnOfferIsToldToNobody) {
    EXPECT_FALSE(look(fsm.fail("interrupted")).sent);
    EXPECT_EQ(fsm.outcome(), ending::failed);
}

TEST_F(Receiver, SenderThatVanishes) {
    EXPECT_FALSE(look(fsm.on_peer_gone()).sent);
    EXPECT_EQ(fsm.outcome(), ending::none); // there was none
    offer(3);
    fsm.on_peer_gone();
    EXPECT_EQ(fsm.outcome(), ending::peer_gone);
}

class Sender : public testing::Test {
protected:
    void SetUp() override { fsm.start(now); }

    void put(const body& content, std::uint64_t of = id) { fsm.on_message(message_type, encode(of, content), now); }
    void send_all(std::string_view what) {
        put(accept{4096});
        fsm.next_header(bytes(what), now);
        fsm.finish(now);
    }

    sender fsm{id, {6, true, "name"}, {30s, 15min}};
    clock::time_point now = start;
};

TEST_F(Sender, FirstMessage) {
    const auto message = sender(id, {6, true, "name"}, {30s, 15min}).start(now);
    const auto parsed = parse(message_type, message);
    const auto& offer = std::get<hello>(parsed->content);
    EXPECT_EQ(offer.size, 6U);
    EXPECT_TRUE(offer.checksum);
    EXPECT_EQ(offer.name, "name");
}

TEST_F(Sender, WholeFile) {
    put(accept{4096});
    EXPECT_TRUE(fsm.accepted());
    EXPECT_EQ(fsm.chunk(), 4096U);
    EXPECT_EQ(fsm.next_header(bytes("abc"), now), encode_data_header(id, 0));
    EXPECT_EQ(fsm.next_header(bytes("def"), now), encode_data_header(id, 3));
    const auto last = fsm.finish(now);
    const auto& ended = std::get<end>(parse(message_type, last)->content);
    EXPECT_EQ(ended.total, 6U);
    EXPECT_EQ(ended.digest, digest_of("abcdef"));
    EXPECT_FALSE(fsm.over());
    put(result{true, 6, digest_of("abcdef"), ""});
    EXPECT_EQ(fsm.outcome(), ending::good);
}

TEST_F(Sender, RefusalIsPassedOn) {
    put(refuse{"busy with a transfer from 4:1"});
    EXPECT_EQ(fsm.outcome(), ending::refused);
    EXPECT_EQ(fsm.reason(), "busy with a transfer from 4:1");
}

TEST_F(Sender, ReceiverFailsInTheMiddle) {
    put(accept{4096});
    fsm.next_header(bytes("abc"), now);
    put(result{false, 3, std::nullopt, "disk full"});
    EXPECT_EQ(fsm.outcome(), ending::failed);
    EXPECT_EQ(fsm.reason(), "the receiver failed: disk full");
}

TEST_F(Sender, SuccessTooEarlyIsNone) {
    put(accept{4096});
    put(result{true, 0, std::nullopt, ""});
    EXPECT_EQ(fsm.outcome(), ending::failed);
}

TEST_F(Sender, ReceiverCountsDifferently) {
    send_all("abcdef");
    put(result{true, 5, digest_of("abcdef"), ""});
    EXPECT_EQ(fsm.outcome(), ending::failed);
}

TEST_F(Sender, ReceiverHasAnotherChecksum) {
    send_all("abcdef");
    put(result{true, 6, digest_of("abcdeg"), ""});
    EXPECT_EQ(fsm.outcome(), ending::failed);
}

TEST_F(Sender, ReceiverDidNotCompare) {
    send_all("abcdef");
    put(result{true, 6, std::nullopt, ""});
    EXPECT_EQ(fsm.outcome(), ending::failed);
}

TEST_F(Sender, OtherTransfersAndGarbageAreIgnored) {
    put(refuse{"no"}, id + 1);
    put(result{false, 0, std::nullopt, "no"}, id + 1);
    fsm.on_message(message_type, bytes("garbage"), now);
    fsm.on_message(1, encode(id, refuse{"no"}), now);
    put(hello{1, false, "name"});
    EXPECT_FALSE(fsm.over());
    EXPECT_FALSE(fsm.accepted());
    // A second acceptance changes nothing.
    put(accept{4096});
    put(accept{1});
    EXPECT_EQ(fsm.chunk(), 4096U);
}

TEST_F(Sender, ChunksOfNothingAreRejected) {
    put(accept{0});
    EXPECT_EQ(fsm.outcome(), ending::failed);
}

TEST_F(Sender, SilentReceiverIsGivenUp) {
    EXPECT_FALSE(fsm.on_tick(now + 30s, false));
    EXPECT_FALSE(fsm.over());
    EXPECT_FALSE(fsm.on_tick(now + 31s, false));
    EXPECT_EQ(fsm.outcome(), ending::peer_gone);
}

TEST_F(Sender, SlowReceiverIsNot) {
    put(accept{4096});
    for (int i = 0; i < 10; ++i) {
        now += 20s;
        put(alive{});
        EXPECT_TRUE(fsm.on_tick(now, false)); // it is told that the sender is still here
    }
    EXPECT_FALSE(fsm.over());
    EXPECT_FALSE(fsm.on_tick(now, false)); // once is enough
}

TEST_F(Sender, ReceiverThatIsOnlyAliveIsGivenUp) {
    put(accept{4096});
    fsm.next_header(bytes("abc"), now);
    std::optional<std::vector<std::byte>> last;
    for (const auto begin = now; !fsm.over() && now - begin < 24h; now += 20s) {
        put(alive{});
        last = fsm.on_tick(now, false);
    }
    EXPECT_EQ(fsm.outcome(), ending::failed);
    EXPECT_EQ(fsm.reason(), "the receiver is alive, but took no data for 900 s");
    ASSERT_TRUE(last);
    EXPECT_TRUE(std::holds_alternative<abort>(parse(message_type, *last)->content));
}

TEST_F(Sender, ReceiverIsNotStalledWhileTheInputIsSilent) {
    put(accept{4096});
    for (int i = 0; i < 1000; ++i) {
        now += 20s;
        put(alive{});
        fsm.on_tick(now, true);
    }
    EXPECT_FALSE(fsm.over());
}

TEST_F(Sender, OwnFailureIsTold) {
    put(accept{4096});
    const auto message = fsm.fail("interrupted");
    ASSERT_TRUE(message);
    EXPECT_EQ(std::get<abort>(parse(message_type, *message)->content).reason, "interrupted");
    EXPECT_FALSE(fsm.fail("again"));
}

TEST_F(Sender, ResultCountsMoreThanTheRingThatGoesAfterwards) {
    put(accept{4096});
    put(result{false, 0, std::nullopt, "disk full"});
    fsm.on_peer_gone("its ring has gone");
    EXPECT_EQ(fsm.outcome(), ending::failed);
    EXPECT_EQ(fsm.reason(), "the receiver failed: disk full");
}

TEST_F(Sender, AnotherVersionIsARefusal) {
    auto future = encode(id, accept{1});
    future[4] = std::byte{2};
    fsm.on_message(message_type, future, now);
    EXPECT_EQ(fsm.outcome(), ending::refused);
}

/// Both sides against each other, over a channel that does what Argo never should.
TEST(Transfer, LossAndDuplicationAreNeverTakenForSuccess) {
    std::mt19937 random(3);
    int good = 0;
    for (int round = 0; round < 500; ++round) {
        std::string file(random() % 5000, '\0');
        for (auto& c : file) {
            c = static_cast<char>(random());
        }
        const bool harmless = round % 2 == 0; // duplicates only
        sender from(id, {std::nullopt, round % 3 == 0, "file"}, {30s, 15min});
        receiver to({256, false, 30s});
        std::string written;
        const auto carry = [&](const std::vector<std::byte>& message) {
            const auto dice = random() % 20;
            const int copies = dice == 0 ? 2 : dice == 1 && !harmless ? 0 : 1;
            for (int copy = 0; copy < copies; ++copy) {
                auto step = to.on_message(alice, message_type, message, start);
                written += text(step.write);
                if (step.send) {
                    from.on_message(message_type, step.send->bytes, start);
                }
                if (step.complete) {
                    from.on_message(message_type, to.commit(start).send->bytes, start);
                }
            }
        };
        carry(from.start(start));
        for (std::size_t at = 0; at < file.size() && from.accepted(); at += from.chunk()) {
            const auto piece = bytes(std::string_view(file).substr(at, from.chunk()));
            auto message = from.next_header(piece, start);
            message.insert(message.end(), piece.begin(), piece.end());
            carry(message);
        }
        if (from.accepted()) {
            carry(from.finish(start));
        }
        if (from.outcome() == ending::good) {
            ++good;
            EXPECT_EQ(written, file);
        }
        if (harmless) {
            EXPECT_EQ(from.outcome(), ending::good) << from.reason();
        }
    }
    EXPECT_GE(good, 250);
}

} // namespace
} // namespace argoctl::transfer
