// SPDX-License-Identifier: MIT
// Whole commands against each other, in domains of a simulated hypervisor.
#include "app/errors.hpp"
#include "fake_domain.hpp"
#include "output/json.hpp"
#include "proto/ping.hpp"
#include "proto/transfer_messages.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace argoctl::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr libargo::address server{libargo::domid_t{1}, 5000};
constexpr libargo::message_type transfer_type{transfer::message_type};

class Commands : public testing::Test {
protected:
    Commands() {
        std::string name = (fs::temp_directory_path() / "argo-ctl-test.XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("no temporary directory");
        }
        folder = name;
    }
    ~Commands() override {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }

    struct ended {
        exit_code code;
        std::string why;
    };

    /// Starts a command in a domain.
    std::future<ended> start(const fake_domain& where, std::string line) {
        return std::async(std::launch::async, [&where, line = std::move(line)]() -> ended {
            try {
                return {where.run(line), ""};
            } catch (const failure& e) {
                return {e.code(), e.what()};
            }
        });
    }
    ended run(const fake_domain& where, const std::string& line) { return start(where, line).get(); }

    /// Until somebody has bound the server's port.
    void wait_for_server() {
        const auto probe = client.open(context);
        while (!probe.space(0, server).exists) {
            std::this_thread::sleep_for(1ms);
        }
    }

    std::future<ended> start_server(const std::string& line) {
        auto started = start(host, line);
        wait_for_server();
        return started;
    }

    std::string path(const std::string& name) const { return (folder / name).string(); }

    std::string make_file(const std::string& name, std::size_t size) const {
        std::mt19937 random(5);
        std::ofstream out(path(name), std::ios::binary);
        for (std::size_t i = 0; i < size; ++i) {
            out.put(static_cast<char>(random()));
        }
        return path(name);
    }

    static std::string contents(const std::string& name) {
        std::ifstream in(name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    std::vector<std::string> files() const {
        std::vector<std::string> out;
        for (const auto& entry : fs::directory_iterator(folder)) {
            out.push_back(entry.path().filename().string());
        }
        std::ranges::sort(out);
        return out;
    }

    /// A socket of the client's domain that talks to the server as it likes.
    libargo::socket raw_client() {
        auto socket = client.open(context);
        socket.bind({.partner = server.domid});
        socket.receive_timeout(5s);
        return socket;
    }
    static void put(libargo::socket& from, const transfer::body& content, std::uint64_t id = 1,
                    const libargo::address& to = server) {
        from.send_to(boost::asio::buffer(transfer::encode(id, content)), to, transfer_type);
    }
    /// Sends a message ten times a second until a command has ended.
    static void put_until(const std::future<ended>& end, libargo::socket& from, const transfer::body& content,
                          std::uint64_t id, const libargo::address& to) {
        while (end.wait_for(100ms) != std::future_status::ready) {
            boost::system::error_code ignored; // the command's ring may have gone
            from.send_to(boost::asio::buffer(transfer::encode(id, content)), to, transfer_type, ignored);
        }
    }
    /// The next message that is not only a sign of life.
    template <class Wanted> static Wanted get(libargo::socket& to) {
        std::vector<std::byte> buffer(65536);
        for (;;) {
            libargo::message_info info;
            const auto size = to.receive_from(boost::asio::buffer(buffer), info);
            const auto message = transfer::parse(to_number(info.type), std::span<const std::byte>(buffer).first(size));
            if (message && !std::holds_alternative<transfer::alive>(message->content)) {
                return std::get<Wanted>(message->content);
            }
        }
    }

    std::shared_ptr<libargo::test::fake_driver> driver = std::make_shared<libargo::test::fake_driver>();
    fake_domain host{driver, 1};
    fake_domain client{driver, 2};
    boost::asio::io_context context;
    fs::path folder;
};

TEST_F(Commands, FileArrivesAsItWasSent) {
    const auto source = make_file("source", 300'000);
    auto receiver = start_server("recv --port 5000 --checksum -o " + path("copy"));
    EXPECT_EQ(run(client, "send --checksum " + source + " 1:5000").code, exit_code::ok);
    EXPECT_EQ(receiver.get().code, exit_code::ok);
    EXPECT_EQ(contents(path("copy")), contents(source));
    EXPECT_EQ(files(), (std::vector<std::string>{"copy", "source"}));
}

TEST_F(Commands, EmptyFile) {
    const auto source = make_file("source", 0);
    auto receiver = start_server("recv --port 5000 -o " + path("copy"));
    EXPECT_EQ(run(client, "send --checksum " + source + " 1:5000").code, exit_code::ok);
    EXPECT_EQ(receiver.get().code, exit_code::ok);
    EXPECT_TRUE(fs::exists(path("copy")));
    EXPECT_EQ(fs::file_size(path("copy")), 0U);
}

TEST_F(Commands, ExistingFileIsReplacedWithItsMode) {
    const auto source = make_file("source", 1000);
    std::ofstream(path("copy")) << "old";
    fs::permissions(path("copy"), fs::perms{0640});
    auto receiver = start_server("recv --port 5000 -q -o " + path("copy"));
    EXPECT_EQ(run(client, "send -q " + source + " 1:5000").code, exit_code::ok);
    receiver.get();
    EXPECT_EQ(contents(path("copy")), contents(source));
    EXPECT_EQ(fs::status(path("copy")).permissions(), fs::perms{0640});
}

TEST_F(Commands, PipesOnBothSides) {
    ASSERT_EQ(mkfifo(path("in").c_str(), 0600), 0);
    ASSERT_EQ(mkfifo(path("out").c_str(), 0600), 0);
    const std::string text(200'000, 'x');
    auto written = std::async(std::launch::async, [&] {
        std::ofstream in(path("in"));
        in << "slow ";
        in.flush();
        std::this_thread::sleep_for(1500ms); // longer than the sign of life
        in << text;
    });
    auto read = std::async(std::launch::async, [&] {
        std::ifstream out(path("out"));
        std::this_thread::sleep_for(1500ms);
        return std::string{std::istreambuf_iterator<char>(out), {}};
    });
    auto receiver = start_server("recv --port 5000 -o " + path("out"));
    const auto sent = run(client, "send --checksum " + path("in") + " 1:5000");
    EXPECT_EQ(sent.code, exit_code::ok) << sent.why;
    EXPECT_EQ(receiver.get().code, exit_code::ok);
    EXPECT_EQ(read.get(), "slow " + text);
}

TEST_F(Commands, SlowReaderIsNotTakenForADeadOne) {
    ASSERT_EQ(mkfifo(path("out").c_str(), 0600), 0);
    const auto source = make_file("source", 300'000);
    auto read = std::async(std::launch::async, [&] {
        std::ifstream out(path("out"));
        std::this_thread::sleep_for(6s); // longer than either timeout
        return std::string{std::istreambuf_iterator<char>(out), {}};
    });
    // A machine that has other work holds either side up for seconds.
    auto receiver = start_server("recv --timeout 5 --port 5000 -o " + path("out"));
    const auto sent = run(client, "send --timeout 5 " + source + " 1:5000");
    EXPECT_EQ(sent.code, exit_code::ok) << sent.why;
    EXPECT_EQ(receiver.get().code, exit_code::ok);
    EXPECT_EQ(read.get(), contents(source));
}

TEST_F(Commands, FileThatIsTooLargeIsRefused) {
    auto receiver = start_server("recv --max-size 4K --port 5000 -o " + path("copy"));
    const auto sent = run(client, "send " + make_file("large", 5000) + " 1:5000");
    EXPECT_EQ(sent.code, exit_code::peer);
    EXPECT_EQ(sent.why, "1:5000 refused it: the file has 5000 bytes, the receiver takes 4096 at most");
    EXPECT_EQ(run(client, "send " + make_file("small", 4096) + " 1:5000").code, exit_code::ok);
    EXPECT_EQ(receiver.get().code, exit_code::ok);
    EXPECT_EQ(fs::file_size(path("copy")), 4096U);
}

TEST_F(Commands, SenderWithoutDataIsGivenUp) {
    auto receiver = start_server("recv --stall-timeout 1 --port 5000 -o " + path("copy"));
    auto sender = raw_client();
    put(sender, transfer::hello{std::nullopt, false, "first"});
    get<transfer::accept>(sender);
    put_until(receiver, sender, transfer::alive{}, 1, server);
    EXPECT_EQ(receiver.get().why, "not received: the sender is alive, but sent no data for 1 s");
    EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(Commands, ReceiverThatTakesNoDataIsGivenUp) {
    auto receiver = host.open(context);
    receiver.bind({.port = server.port});
    receiver.receive_timeout(5s);
    auto sender = start(client, "send --stall-timeout 1 " + make_file("source", 10) + " 1:5000");
    std::vector<std::byte> buffer(4096);
    libargo::message_info info;
    const auto size = receiver.receive_from(boost::asio::buffer(buffer), info);
    const auto offer = transfer::parse(to_number(info.type), std::span<const std::byte>(buffer).first(size));
    ASSERT_TRUE(offer);
    put_until(sender, receiver, transfer::alive{}, offer->id, info.source);
    EXPECT_EQ(sender.get().why, "not sent: the receiver is alive, but took no data for 1 s");
}

TEST_F(Commands, SecondSenderIsRefused) {
    auto receiver = start_server("recv --port 5000 -o " + path("copy"));
    auto first = raw_client();
    put(first, transfer::hello{3, false, "first"});
    get<transfer::accept>(first);

    const auto second = run(client, "send " + make_file("second", 10) + " 1:5000");
    EXPECT_EQ(second.code, exit_code::peer);
    EXPECT_NE(second.why.find("1:5000 refused it: busy with a transfer from 2:"), std::string::npos) << second.why;

    const auto text = std::as_bytes(std::span("abc", 3));
    put(first, transfer::data{0, text});
    put(first, transfer::end{3, std::nullopt});
    EXPECT_TRUE(get<transfer::result>(first).good);
    EXPECT_EQ(receiver.get().code, exit_code::ok);
    EXPECT_EQ(contents(path("copy")), "abc");
}

TEST_F(Commands, NobodyReceives) {
    const auto sent = run(client, "send " + make_file("source", 10) + " 1:5000");
    EXPECT_EQ(sent.code, exit_code::peer);
    EXPECT_EQ(sent.why, "not sent: cannot send to 1:5000: the domain has no ring on that port that this domain may "
                        "send to (Connection refused); start the peer; try again");
}

TEST_F(Commands, SilentReceiverIsGivenUp) {
    auto mute = host.open(context);
    mute.bind({.port = server.port});
    const auto sent = run(client, "send --timeout 0.5 " + make_file("source", 10) + " 1:5000");
    EXPECT_EQ(sent.code, exit_code::peer);
    EXPECT_EQ(sent.why, "not sent: nothing heard from the receiver for 0.5 s");
}

TEST_F(Commands, ReceiverVanishes) {
    auto receiver = host.open(context);
    receiver.bind({.port = server.port, .ring_size = 4096});
    receiver.receive_timeout(5s);
    auto sender = start(client, "send " + make_file("source", 300'000) + " 1:5000");
    std::vector<std::byte> buffer(4096);
    libargo::message_info info;
    const auto size = receiver.receive_from(boost::asio::buffer(buffer), info);
    const auto offer = transfer::parse(to_number(info.type), std::span<const std::byte>(buffer).first(size));
    ASSERT_TRUE(offer);
    put(receiver, transfer::accept{1000}, offer->id, info.source);
    std::this_thread::sleep_for(100ms);
    receiver.close();
    const auto sent = sender.get();
    EXPECT_EQ(sent.code, exit_code::peer) << sent.why;
}

TEST_F(Commands, SenderVanishes) {
    auto receiver = start_server("recv --port 5000 -o " + path("copy"));
    {
        auto sender = raw_client();
        put(sender, transfer::hello{std::nullopt, false, "first"});
        get<transfer::accept>(sender);
        put(sender, transfer::data{0, std::as_bytes(std::span("abc", 3))});
    }
    const auto received = receiver.get();
    EXPECT_EQ(received.code, exit_code::peer);
    EXPECT_EQ(received.why, "not received: the sender has gone");
    EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(Commands, PartialFileIsKeptOnRequest) {
    auto receiver = start_server("recv --keep-partial --port 5000 -o " + path("copy"));
    auto sender = raw_client();
    put(sender, transfer::hello{std::nullopt, false, "first"});
    get<transfer::accept>(sender);
    put(sender, transfer::data{0, std::as_bytes(std::span("abc", 3))});
    put(sender, transfer::abort{"\x1b[2Jhad enough"});
    const auto received = receiver.get();
    EXPECT_EQ(received.code, exit_code::failed);
    EXPECT_NE(received.why.find("the sender gave up: \\x1b[2Jhad enough; the part that was received is "),
              std::string::npos)
        << received.why;
    ASSERT_EQ(files().size(), 1U);
    EXPECT_TRUE(files()[0].ends_with(".partial"));
    EXPECT_EQ(contents(path(files()[0])), "abc");
}

TEST_F(Commands, FullDiskIsTheSendersFailureToo) {
    auto receiver = start_server("recv --port 5000 -o /dev/full");
    const auto sent = run(client, "send " + make_file("source", 300'000) + " 1:5000");
    EXPECT_EQ(sent.code, exit_code::failed);
    EXPECT_EQ(sent.why, "not sent: the receiver failed: cannot write /dev/full: No space left on device");
    EXPECT_EQ(receiver.get().code, exit_code::failed);
}

TEST_F(Commands, GarbageDoesNotDisturbAReceiver) {
    auto receiver = start_server("recv --port 5000 -o " + path("copy"));
    auto noise = raw_client();
    noise.send_to(boost::asio::buffer("garbage", 7), server, transfer_type);
    noise.send_to(boost::asio::buffer("", 0), server);
    EXPECT_EQ(run(client, "send --checksum " + make_file("source", 5000) + " 1:5000").code, exit_code::ok);
    EXPECT_EQ(receiver.get().code, exit_code::ok);
    EXPECT_EQ(contents(path("copy")), contents(path("source")));
}

TEST_F(Commands, FilesThatCannotBeOpened) {
    EXPECT_EQ(run(client, "send " + path("absent") + " 1:5000").why,
              "cannot read " + path("absent") + ": No such file or directory");
    EXPECT_NE(run(client, "send " + folder.string() + " 1:5000").why.find("it is a directory"), std::string::npos);
    EXPECT_NE(run(host, "recv --port 5000 -o " + folder.string()).why.find("it is a directory"), std::string::npos);
    EXPECT_EQ(run(host, "recv --port 5000 -o " + path("absent/copy")).code, exit_code::failed);
}

TEST_F(Commands, InterruptedSenderTellsTheReceiver) {
    ASSERT_EQ(mkfifo(path("in").c_str(), 0600), 0);
    const int writer = ::open(path("in").c_str(), O_RDWR | O_CLOEXEC); // keeps it open and silent
    auto receiver = host.open(context);
    receiver.bind({.port = server.port});
    receiver.receive_timeout(5s);
    auto sender = start(client, "send " + path("in") + " 1:5000");
    get<transfer::hello>(receiver);
    raise(SIGINT);
    EXPECT_EQ(sender.get().code, exit_code::interrupted);
    EXPECT_EQ(get<transfer::abort>(receiver).reason, "interrupted");
    ::close(writer);
}

TEST_F(Commands, InterruptedReceiverLeavesNothing) {
    auto receiver = start_server("recv --port 5000 -o " + path("copy"));
    auto sender = raw_client();
    put(sender, transfer::hello{std::nullopt, false, "first"});
    get<transfer::accept>(sender);
    raise(SIGINT);
    EXPECT_EQ(receiver.get().code, exit_code::interrupted);
    EXPECT_EQ(get<transfer::result>(sender).reason, "interrupted");
    EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(Commands, ResultAsJson) {
    auto receiver = start_server("recv -q --port 5000 -o " + path("copy"));
    const auto source = make_file("source", 1000);
    testing::internal::CaptureStdout();
    EXPECT_EQ(run(client, "send --json --checksum " + source + " 1:5000").code, exit_code::ok);
    const auto doc = output::json::parse(testing::internal::GetCapturedStdout());
    receiver.get();
    EXPECT_EQ(doc["schema"], 1);
    EXPECT_EQ(doc["ok"], true);
    EXPECT_EQ(doc["bytes"], 1000);
    EXPECT_EQ(doc["verified"], true);
}

TEST_F(Commands, PingAndEcho) {
    auto echo = start_server("echo --port 5000 -c 5");
    testing::internal::CaptureStdout();
    EXPECT_EQ(run(client, "ping 1:5000 -c 5 -i 0.01 -s 100").code, exit_code::ok);
    EXPECT_EQ(echo.get().code, exit_code::ok);
    const auto text = testing::internal::GetCapturedStdout();
    EXPECT_NE(text.find("100 bytes from 1:5000: seq=5 time="), std::string::npos) << text;
    EXPECT_NE(text.find("5 sent, 5 received, 0% loss"), std::string::npos) << text;
    EXPECT_NE(text.find("5 received (500 bytes), 5 echoed, 0 lost"), std::string::npos) << text;
}

TEST_F(Commands, PingOfNobody) { EXPECT_EQ(run(client, "ping 1:5000 -q -c 2 -i 0.01").code, exit_code::peer); }

TEST_F(Commands, PingOfAMutePeer) {
    auto mute = host.open(context);
    mute.bind({.port = server.port});
    EXPECT_EQ(run(client, "ping 1:5000 -q -c 2 -i 0.01 -W 0.05").code, exit_code::failed);
}

TEST_F(Commands, PingEndsWithItsStatisticsWhenInterrupted) {
    auto echo = start_server("echo --port 5000");
    testing::internal::CaptureStdout();
    auto ping = start(client, "ping 1:5000 -q --json -i 0.01");
    std::this_thread::sleep_for(300ms);
    raise(SIGINT); // for both of them
    EXPECT_EQ(ping.get().code, exit_code::ok);
    EXPECT_EQ(echo.get().code, exit_code::ok);
    const auto text = testing::internal::GetCapturedStdout();
    const auto doc = output::json::parse(text.substr(text.find('{'), text.find("}}\n") + 2 - text.find('{')));
    EXPECT_EQ(doc["event"], "statistics");
    EXPECT_GT(doc["received"], 0);
    EXPECT_EQ(doc["lost"], 0);
}

TEST_F(Commands, StuckPeerDoesNotBlockTheOthersOfAnEcho) {
    constexpr int flood = 2000;
    auto echo = start_server(fmt::format("echo --port 5000 --ring-size 65536 -c {}", flood + 3));
    auto stuck = raw_client(); // sends and never reads
    const std::string text(64, 'x');
    for (int i = 0; i < flood; ++i) {
        stuck.send_to(boost::asio::buffer(text), server);
    }
    EXPECT_EQ(run(client, "ping 1:5000 -q -c 3 -i 0.01 -W 5").code, exit_code::ok);
    // What the queue could not take is lost, and told.
    EXPECT_EQ(echo.get().code, exit_code::failed);
}

TEST_F(Commands, InfoAndRings) {
    auto ring = host.open(context);
    ring.bind({.port = server.port, .partner = libargo::domid_t{7}});
    testing::internal::CaptureStdout();
    EXPECT_EQ(run(host, "info --json").code, exit_code::ok);
    EXPECT_EQ(run(host, "rings --json").code, exit_code::ok);
    const auto text = testing::internal::GetCapturedStdout();
    const auto info = output::json::parse(text.substr(0, text.find('\n')));
    EXPECT_EQ(info["domid"], 1);
    const auto rings = output::json::parse(text.substr(text.find('\n')));
    ASSERT_EQ(rings["rings"].size(), 1U);
    EXPECT_EQ(rings["rings"][0]["port"], 5000);
    EXPECT_EQ(rings["rings"][0]["partner"], 7);
}

TEST_F(Commands, RingsAreWatchedUntilTheInterrupt) {
    for (const char* line : {"rings -w 0.02 --json", "rings --json -w"}) {
        testing::internal::CaptureStdout();
        auto watch = start(host, line);
        std::this_thread::sleep_for(300ms);
        EXPECT_EQ(watch.wait_for(0s), std::future_status::timeout) << line;
        kill(getpid(), SIGTERM);
        EXPECT_EQ(watch.get().code, exit_code::ok);
        const auto text = testing::internal::GetCapturedStdout();
        EXPECT_GE(std::ranges::count(text, '\n'), line == std::string("rings --json -w") ? 1 : 3);
    }
}

TEST_F(Commands, Cables) {
    const fake_domain toolstack(driver, 0);
    testing::internal::CaptureStdout();
    EXPECT_EQ(run(toolstack, "cable list").code, exit_code::ok);
    EXPECT_EQ(run(toolstack, "cable add 2:43 parent:1").code, exit_code::ok);
    EXPECT_EQ(run(toolstack, "cable add 2:42 1:5000").code, exit_code::ok);
    EXPECT_EQ(run(toolstack, "cable list").code, exit_code::ok);
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "SRC  DST\n"
                                                      "SRC   DST\n"
                                                      "2:42  1:5000\n"
                                                      "2:43  parent:1\n");
    testing::internal::CaptureStdout();
    EXPECT_EQ(run(toolstack, "cable list --json").code, exit_code::ok);
    EXPECT_EQ(testing::internal::GetCapturedStdout(),
              R"({"schema":1,"command":"cable list","cables":[{"source":"2:42","destination":"1:5000"},)"
              R"({"source":"2:43","destination":"parent:1"}]})"
              "\n");
    EXPECT_NE(run(toolstack, "cable add 2:42 1:1").why.find("the port has a cable"), std::string::npos);
    EXPECT_NE(run(client, "cable add 2:44 1:1").why.find("in domain 0"), std::string::npos);
    EXPECT_EQ(run(toolstack, "cable remove 2:43").code, exit_code::ok);
    const auto seen = run(toolstack, "cable remove 2:43");
    EXPECT_EQ(seen.code, exit_code::failed);
    EXPECT_NE(seen.why.find("cannot unplug the cable of 2:43: the port has no cable"), std::string::npos) << seen.why;
}

TEST_F(Commands, GoAlongACable) {
    const fake_domain toolstack(driver, 0);
    auto echo = start_server("echo --port 5000");
    testing::internal::CaptureStdout();
    EXPECT_EQ(run(client, "ping cable --port 42 -c 1 -W 0.2 -q").code, exit_code::peer);
    EXPECT_EQ(run(toolstack, "cable add 2:42 1:5000").code, exit_code::ok);
    EXPECT_EQ(run(client, "ping cable --port 42 -c 2 -i 0.01 -q").code, exit_code::ok);
    raise(SIGTERM);
    EXPECT_EQ(echo.get().code, exit_code::ok);

    auto served = start_server("bench --serve --port 5000");
    EXPECT_EQ(run(client, "bench cable --port 42 --sizes 64 -c 10").code, exit_code::ok);
    raise(SIGTERM);
    EXPECT_EQ(served.get().code, exit_code::ok);
    testing::internal::GetCapturedStdout();

    const auto source = folder / "source";
    std::ofstream(source) << "some bytes";
    auto receiving = start_server(fmt::format("recv --port 5000 -o {} -q", (folder / "copy").string()));
    EXPECT_EQ(run(client, fmt::format("send {} cable --port 42 -q", source.string())).code, exit_code::ok);
    EXPECT_EQ(receiving.get().code, exit_code::ok);
    EXPECT_EQ(fs::file_size(folder / "copy"), 10U);
}

TEST_F(Commands, BenchWithoutAServer) {
    const auto seen = run(client, "bench 1:5000");
    EXPECT_EQ(seen.code, exit_code::peer);
    EXPECT_NE(seen.why.find("start the peer"), std::string::npos);
}

TEST_F(Commands, BenchEndsWhenTheServerSendsOtherMessagesOnly) {
    auto noisy = host.open(context);
    noisy.bind({.port = server.port});
    noisy.receive_timeout(5s);
    auto bench = start(client, "bench 1:5000 -m one-way --sizes 64 -c 1");
    std::vector<std::byte> buffer(4096);
    libargo::message_info info;
    noisy.receive_from(boost::asio::buffer(buffer), info);
    put_until(bench, noisy, transfer::alive{}, 1, info.source);
    const auto seen = bench.get();
    EXPECT_EQ(seen.code, exit_code::peer);
    EXPECT_EQ(seen.why, "1:5000 sends other messages than the answer, for 10 s now");
}

TEST_F(Commands, BenchOfMessagesThatDoNotFit) {
    auto served = start_server("bench --serve --port 5000 --ring-size 4096");
    EXPECT_EQ(run(client, "bench 1:5000 -m one-way --sizes 8K -c 1").code, exit_code::peer);
    EXPECT_NE(run(client, "bench 1:5000 -m round-trip --ring-size 4096 --sizes 8K -c 1").why.find("--ring-size"),
              std::string::npos);
    raise(SIGTERM);
    EXPECT_EQ(served.get().code, exit_code::ok);
}

TEST_F(Commands, Bench) {
    auto served = start_server("bench --serve --port 5000");
    testing::internal::CaptureStdout();
    EXPECT_EQ(run(client, "bench 1:5000 --sizes 64,1K -c 200 --json").code, exit_code::ok);
    EXPECT_EQ(run(client, "bench 1:5000 --sizes 64,16K -c 205 -b 10 --json").code, exit_code::ok);
    EXPECT_EQ(run(client, "bench 1:5000 --sizes 64 -d 0.1 --json").code, exit_code::ok);
    std::istringstream lines(testing::internal::GetCapturedStdout());
    raise(SIGTERM);
    EXPECT_EQ(served.get().code, exit_code::ok);

    std::string line;
    for (const int sent : {200, 205, 0}) {
        ASSERT_TRUE(std::getline(lines, line));
        const auto doc = output::json::parse(line);
        for (const auto& row : doc["results"]) {
            if (sent != 0) {
                EXPECT_EQ(row["sent"], sent);
            }
            EXPECT_GT(row["sent"], 0);
            EXPECT_EQ(row["received"], row["sent"]);
            EXPECT_GT(row["latency_ns"]["p50"], 0);
        }
    }
}

} // namespace
} // namespace argoctl::test
