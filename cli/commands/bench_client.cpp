// SPDX-License-Identifier: MIT
#include "app/device.hpp"
#include "app/errors.hpp"
#include "commands/bench.hpp"
#include "commands/bench_buffers.hpp"
#include "output/bench_view.hpp"
#include "output/units.hpp"
#include "proto/sequence.hpp"
#include "util/interrupt.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace argoctl {

namespace {

using bench::mode;
using boost::system::error_code;
using clock = std::chrono::steady_clock;
using output::bench_row;

constexpr libargo::message_type data_type{bench::data_type};

/// The user ends the benchmark.
struct interruption {};

/// The wait for the server's next useful message. The clock is read only when there was none.
class patience {
public:
    /// The server did something useful.
    void restart() { waiting_ = false; }
    /// A call timed out, or a message was of no use.
    /// @returns false if the last useful message was too long ago
    bool lasts() {
        const auto now = clock::now();
        if (!std::exchange(waiting_, true)) {
            since_ = now;
        }
        return now - since_ < limit;
    }

    static constexpr std::chrono::seconds limit{10};

private:
    bool waiting_ = false;
    clock::time_point since_;
};

/// Makes blocking calls, and does nothing else between messages, so that the driver is measured.
class bench_run {
public:
    bench_run(const globals& common, const bench_options& options)
        : options_(options), peer_(to_string(options.peer)), socket_(open_socket(context_, common)) {
        auto wanted = options.own.toward(options.peer);
        wanted.ring_size = large_ring(socket_, options.ring_size);
        max_message_ = bind_socket(socket_, wanted).max_message;
        error_code ec;
        socket_.connect(options.peer, ec);
        if (ec) {
            throw failure(operation::connect, peer_, ec);
        }
        socket_.receive_timeout(turn);
        socket_.send_timeout(turn);
    }

    bench_row measure(mode what, std::uint32_t size) {
        const auto session = static_cast<std::uint32_t>(random_number());
        const auto room = begin(session, what, size);
        bench_row row;
        row.mode = what;
        row.size = size;
        row.batch = static_cast<std::uint32_t>(options_.batch);
        if (what == mode::round_trip) {
            row.batch = static_cast<std::uint32_t>(std::clamp<std::size_t>(room / (size + overhead), 1, row.batch));
        }
        bench_buffers buffers(row.batch, size);
        for (std::size_t i = 0; i < buffers.messages(); ++i) {
            buffers.address(i, libargo::default_destination, data_type, size);
        }

        const auto began = clock::now();
        const auto end = options_.duration.count() == 0 ? clock::time_point::max() : began + options_.duration;
        const auto most = options_.count == 0 ? std::numeric_limits<std::uint64_t>::max() : options_.count;
        if (what == mode::round_trip) {
            exchange(row, buffers, session, most, end);
            row.elapsed = clock::now() - began;
            // The replies say more than the server's report.
            static_cast<void>(finish(session, row.sent));
        } else {
            stream(row, buffers, session, most, end);
            row.report = finish(session, row.sent);
            row.elapsed = clock::now() - began; // until the server has all messages
        }
        return row;
    }

private:
    static constexpr std::chrono::nanoseconds turn = std::chrono::seconds(1);
    static constexpr std::uint64_t timed_every = 16;
    static constexpr std::size_t overhead = 32; // of a message in a ring, at most

    /// Returns if the call that failed is to be made again; throws otherwise.
    void handle(operation what, const error_code& ec, patience& left) const {
        if (interrupted()) {
            throw interruption{};
        }
        if (ec == std::errc::interrupted) {
            return;
        }
        if (ec != std::errc::timed_out || !left.lasts()) {
            throw failure(what, what == operation::send ? peer_ : "the own port", ec);
        }
    }

    /// Returns if another message may be awaited instead of one that is of no use; throws otherwise.
    void pass_over(patience& left) const {
        if (interrupted()) {
            throw interruption{};
        }
        if (!left.lasts()) {
            throw failure(exit_code::peer, fmt::format("{} sends other messages than the answer, for {} s now", peer_,
                                                       patience::limit.count()));
        }
    }

    void send_control(std::uint32_t session, const bench::control& content) {
        const auto bytes = bench::encode(session, content);
        patience left;
        for (;;) {
            error_code ec;
            socket_.send(boost::asio::buffer(bytes), libargo::message_type{bench::control_type}, ec);
            if (!ec) {
                return;
            }
            handle(operation::send, ec, left);
        }
    }

    /// The next control message of the session. Other messages are passed over: they may be of an earlier run.
    template <class Wanted> Wanted receive_control(std::uint32_t session) {
        std::vector<std::byte> buffer(1024);
        patience left;
        for (;;) {
            libargo::message_info info;
            error_code ec;
            const auto size = socket_.receive_from(boost::asio::buffer(buffer), info, ec);
            if (ec) {
                handle(operation::receive, ec, left);
                continue;
            }
            const auto message = bench::parse(to_number(info.type), std::span<const std::byte>(buffer).first(size));
            if (message && message->session == session) {
                if (const auto* const found = std::get_if<Wanted>(&message->content)) {
                    return *found;
                }
                if (const auto* const no = std::get_if<bench::refuse>(&message->content)) {
                    throw failure(exit_code::peer,
                                  fmt::format("{} refused the run: {}", peer_, output::printable(no->reason)));
                }
            }
            pass_over(left);
        }
    }

    /// Returns the bytes that fit into both rings. With a larger batch the two sides would wait for each other: the
    /// server for the client to read, the client for the server.
    std::size_t begin(std::uint32_t session, mode what, std::uint32_t size) {
        if (what == mode::round_trip && size > max_message_) {
            throw failure(exit_code::failed, fmt::format("replies of {} bytes do not fit the own ring, which takes {}; "
                                                         "use a larger --ring-size",
                                                         size, max_message_));
        }
        send_control(session, bench::start{what, size, static_cast<std::uint32_t>(options_.batch)});
        return std::min<std::size_t>(max_message_, receive_control<bench::ready>(session).max_message);
    }

    bench::report finish(std::uint32_t session, std::uint64_t sent) {
        send_control(session, bench::stop{sent});
        return receive_control<bench::report>(session);
    }

    /// Sends the first @p count of the buffers.
    void send(const bench_buffers& buffers, std::size_t count) {
        patience left;
        std::size_t sent = 0;
        while (sent < count) {
            error_code ec;
            if (count == 1) {
                const auto& message = buffers.outgoing(1).front();
                socket_.send(message.buffers, message.type, ec);
                sent += ec ? 0 : 1;
            } else {
                const auto now = socket_.send_many(buffers.outgoing(count).subspan(sent), ec);
                sent += now;
                if (now != 0) {
                    left.restart();
                }
            }
            if (ec) [[unlikely]] {
                handle(operation::send, ec, left);
            }
        }
    }

    static std::size_t fill(bench_buffers& buffers, std::uint32_t session, std::uint64_t first, std::uint64_t most) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffers.messages(), most - first));
        for (std::size_t i = 0; i < count; ++i) {
            bench::put_data_head(buffers.at(i), session, first + i);
        }
        return count;
    }

    void stream(bench_row& row, bench_buffers& buffers, std::uint32_t session, std::uint64_t most,
                clock::time_point end) {
        for (std::uint64_t call = 0; row.sent < most; ++call) {
            const auto count = fill(buffers, session, row.sent, most);
            if (call % timed_every == 0) {
                const auto before = clock::now();
                if (before >= end || interrupted()) {
                    break;
                }
                send(buffers, count);
                row.latency.add(clock::now() - before);
            } else {
                send(buffers, count);
            }
            row.sent += count;
        }
        if (interrupted()) {
            throw interruption{};
        }
    }

    void exchange(bench_row& row, bench_buffers& buffers, std::uint32_t session, std::uint64_t most,
                  clock::time_point end) {
        bench_buffers replies(row.batch, row.size + 1); // one byte more, to notice a reply that is too long
        sequence_checker sequence;
        patience left;
        auto before = clock::now();
        while (row.sent < most && before < end) {
            const auto count = fill(buffers, session, row.sent, most);
            send(buffers, count);
            row.sent += count;
            while (sequence.received() < row.sent) {
                receive_replies(row, replies, session, sequence, left);
            }
            const auto after = clock::now();
            row.latency.add(after - before);
            before = after;
            if (interrupted()) {
                throw interruption{};
            }
        }
        row.report.received = sequence.received();
        row.report.lost = sequence.lost(row.sent);
        row.report.reordered = sequence.reordered();
        row.report.duplicates = sequence.duplicates();
    }

    void receive_replies(bench_row& row, bench_buffers& replies, std::uint32_t session, sequence_checker& sequence,
                         patience& left) {
        const auto known = sequence.received();
        error_code ec;
        std::size_t count = 0;
        do {
            if (replies.messages() == 1) {
                auto& message = replies.incoming().front();
                socket_.receive_from(message.buffers, message.info, ec);
                count = 1;
            } else {
                count = socket_.receive_many(replies.incoming(), ec);
            }
            if (ec) [[unlikely]] {
                handle(operation::receive, ec, left);
            }
        } while (ec);
        for (std::size_t i = 0; i < count; ++i) {
            const auto& message = replies.incoming()[i];
            const auto head = bench::parse_data_head(replies.at(i).first(message.received()));
            if (message.info.type != data_type || !head || head->session != session) {
                continue;
            }
            sequence.add(head->sequence);
            if (message.info.size != row.size) {
                ++row.report.wrong_size;
            }
        }
        if (sequence.received() != known) [[likely]] {
            left.restart();
        } else {
            pass_over(left);
        }
    }

    const bench_options& options_;
    std::string peer_;
    boost::asio::io_context context_;
    libargo::socket socket_;
    std::size_t max_message_ = 0;
};

} // namespace

exit_code run_bench_client(const globals& common, const bench_options& options) {
    bench_run run(common, options);
    catch_interrupts();
    std::vector<bench_row> rows;
    exit_code code = exit_code::ok;
    if (!options.as_json) {
        fmt::print("{}", output::bench_header());
    }
    try {
        for (const auto what : options.modes) {
            for (const auto size : options.sizes) {
                std::fflush(stdout);
                rows.push_back(run.measure(what, size));
                if (!rows.back().clean()) {
                    code = exit_code::failed;
                }
                if (!options.as_json) {
                    fmt::print("{}", output::bench_line(rows.back()));
                }
            }
        }
    } catch (const interruption&) {
        complain("interrupted; the row that was being measured is left out");
        code = exit_code::interrupted;
    }
    if (options.as_json) {
        fmt::print("{}\n", output::to_line(output::bench_json(options.peer, rows)));
    }
    return code;
}

} // namespace argoctl
