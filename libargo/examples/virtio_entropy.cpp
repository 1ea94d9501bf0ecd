// SPDX-License-Identifier: MIT
// A VirtIO device of your own: gives a domain random numbers. Usage: virtio_entropy DOMID
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>
#include <string_view>
#include <utility> // Boost 1.74 does not include it

#include <boost/asio.hpp>
#include <fmt/format.h>
#include <libargo/libargo.hpp>
#include <libargo/virtio/virtio.hpp>
#include <linux/virtio_ids.h>

namespace asio = boost::asio;
namespace virtio = libargo::virtio;

class entropy final : public virtio::device {
public:
    [[nodiscard]] virtio::device_description describe() const override {
        return {.id = VIRTIO_ID_RNG, .queue_sizes = {8}};
    }

    void handle(virtio::request what) override {
        for (std::byte& byte : what.fill(0, what.room())) {
            byte = static_cast<std::byte>(source_() & 0xffU);
        }
        what.complete(what.room());
    }

private:
    std::random_device source_;
};

int main(int argc, char* argv[]) try {
    if (argc != 2) {
        fmt::print(stderr, "usage: {} DOMID\n", argv[0]);
        return 2;
    }
    asio::io_context context(1);
    virtio::server server(context.get_executor(), {.log = [](virtio::severity, std::string_view line) {
                              fmt::print("{}\n", line);
                              std::fflush(stdout);
                          }});
    server.add(libargo::parse_domid(argv[1]), 1, std::make_shared<entropy>());

    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](auto, auto) { context.stop(); });
    context.run();
    return 0;
} catch (const libargo::system_error& error) {
    fmt::print(stderr, "virtio_entropy: {}; {}\n", error.what(), libargo::advice(error.code()));
    return 1;
} catch (const std::exception& error) {
    fmt::print(stderr, "virtio_entropy: {}\n", error.what());
    return 1;
}
