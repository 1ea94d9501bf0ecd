// SPDX-License-Identifier: MIT
#include "proto/bench_server.hpp"
#include "app/device.hpp"
#include "app/errors.hpp"
#include "commands/bench.hpp"
#include "commands/bench_buffers.hpp"
#include "output/bench_view.hpp"
#include "util/interrupt.hpp"

#include <fmt/format.h>
#include <libargo/format.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

namespace argoctl {

namespace {

/// Makes blocking calls, and does nothing else between messages, so that the driver is measured.
class bench_service {
public:
    bench_service(const globals& common, const bench_options& options)
        : verbose_(common.verbose),
          socket_(open_socket(context_, common)), where_{.port = options.own.port,
                                                         .partner = options.own.partner,
                                                         .ring_size = large_ring(socket_, options.ring_size)},
          bound_(bind_socket(socket_, where_)), fsm_(static_cast<std::uint32_t>(bound_.max_message), largest_batch),
          buffers_(1, control_size) {
        socket_.receive_timeout(turn);
        socket_.send_timeout(std::chrono::seconds(2));
    }

    exit_code run() {
        complain(fmt::format("answering benchmarks on {}", bound_));
        catch_interrupts();
        while (!interrupted()) {
            boost::system::error_code ec;
            const auto count = receive(ec);
            if (ec == std::errc::timed_out) {
                note(fsm_.on_silence());
                continue;
            }
            if (ec == std::errc::interrupted) {
                continue;
            }
            if (ec == std::errc::connection_reset) {
                complain("this domain was restored; the run is lost");
                continue;
            }
            if (ec) {
                throw failure(operation::receive, bind_name(where_), ec);
            }
            handle(count);
        }
        return exit_code::ok;
    }

private:
    static constexpr std::chrono::nanoseconds turn = std::chrono::seconds(1);
    static constexpr std::size_t control_size = 1024;
    static constexpr std::size_t most_memory = std::size_t{64} << 20;

    std::size_t receive(boost::system::error_code& ec) {
        if (buffers_.messages() == 1) {
            auto& message = buffers_.incoming().front();
            socket_.receive_from(message.buffers, message.info, ec);
            return 1;
        }
        return socket_.receive_many(buffers_.incoming(), ec);
    }

    void handle(std::size_t count) {
        std::size_t echoes = 0;
        bool resize = false;
        for (std::size_t i = 0; i < count; ++i) {
            const auto& message = buffers_.incoming()[i];
            const auto payload = buffers_.at(i).first(message.received());
            auto step = fsm_.on_message(message.info.source, to_number(message.info.type), payload);
            if (step.echo) {
                // The messages that are sent back are moved to the front, so that one call takes them.
                if (echoes != i) {
                    std::ranges::copy(payload, buffers_.at(echoes).begin());
                }
                buffers_.address(echoes++, message.info.source, message.info.type, payload.size());
                continue;
            }
            echo(echoes);
            echoes = 0;
            if (step.send) {
                answer(*step.send);
            }
            resize = resize || step.started;
            note(step);
        }
        echo(echoes);
        if (resize) {
            prepare();
        }
    }

    void echo(std::size_t count) {
        if (count == 0) {
            return;
        }
        boost::system::error_code ec;
        std::size_t sent = 0;
        if (count == 1) {
            const auto& message = buffers_.outgoing(1).front();
            socket_.send_to(message.buffers, message.destination, message.type, ec);
            sent = ec ? 0 : 1;
        } else {
            while (sent < count && !ec) {
                sent += socket_.send_many(buffers_.outgoing(count).subspan(sent), ec);
            }
        }
        if (ec && verbose_) {
            complain(fmt::format("{} of {} messages not sent back: {}", count - sent, count,
                                 describe(operation::send, to_string(fsm_.peer()), ec)));
        }
    }

    void answer(const bench::server::reply& what) {
        boost::system::error_code ec;
        if (!what.can_wait && !socket_.space(what.bytes.size(), what.to, ec).sufficient) {
            return;
        }
        socket_.send_to(boost::asio::buffer(what.bytes), what.to, libargo::message_type{bench::control_type}, ec);
        if (ec) {
            complain(describe(operation::send, to_string(what.to), ec));
        }
    }

    void note(const bench::server::step& step) const {
        if (step.given_up) {
            complain(fmt::format("gave up the run for {}: no message of it came for {} s", fsm_.peer(),
                                 std::chrono::seconds(bench::server::idle_limit).count()));
        }
        if (!verbose_) {
            return;
        }
        if (step.started) {
            complain(fmt::format("{} of {} bytes, batch {}, for {}", output::mode_name(fsm_.run().what),
                                 fsm_.run().size, fsm_.run().batch, fsm_.peer()));
        }
        if (step.ended) {
            complain(fmt::format("{} received, {} lost, {} out of order", fsm_.last_report().received,
                                 fsm_.last_report().lost, fsm_.last_report().reordered));
        }
    }

    /// Allocates the memory of the run that begins.
    void prepare() {
        const std::size_t size = std::max<std::size_t>(fsm_.run().size + 1, control_size);
        const std::size_t messages = std::clamp<std::size_t>(most_memory / size, 1, fsm_.run().batch);
        buffers_ = bench_buffers(messages, size);
    }

    bool verbose_;
    boost::asio::io_context context_;
    libargo::socket socket_;
    libargo::bind_options where_;
    libargo::bind_result bound_;
    bench::server fsm_;
    bench_buffers buffers_;
};

} // namespace

exit_code run_bench_server(const globals& common, const bench_options& options) {
    return bench_service(common, options).run();
}

} // namespace argoctl
