// SPDX-License-Identifier: MIT
// argo-vsock-tool: connections over AF_VSOCK from the command line, for tests of what happens to them.
#include "commands.hpp"
#include "vsock_socket.hpp"
#include "vsock_stuck.hpp"
#include "vsock_turns.hpp"
#include "vsock_window.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

namespace {

constexpr const char* usage = R"(usage:
  argo-vsock-tool echo --port P [--backlog N]       sends back what comes, of any number of connections; until killed
  argo-vsock-tool deaf --port P [--backlog N] [--type record]  listens, and accepts nothing; until killed
  argo-vsock-tool hold --cid C --port P             connects and waits for the end
  argo-vsock-tool many --cid C --port P --count N [--patience S]  opens so many at once; each has to get back what it
                                                    sends; gives up connecting after S seconds
  argo-vsock-tool try --cid C --port P              connects, and says what came of it
  argo-vsock-tool send --cid C --port P --mib N [--type record]  sends so much
  argo-vsock-tool take --port P [--block B]         takes what one connection sends, so many bytes in a call
  argo-vsock-tool stop --port P --mib N [--buffer B] [--write absent]  takes so much of one connection, and no more;
                                                    until killed; after each read it writes from absent memory
  argo-vsock-tool fill --cid C --port P --mib N     sends so much, and then as much as the other end has room for
  argo-vsock-tool stuck --port P --how read|peek|write|option [--type record] [--on listener]
                                                    accepts, and waits in that call for memory that never comes; until killed
  argo-vsock-tool numbers --cid C --port P --seconds S  sends numbers that count up
  argo-vsock-tool turns --port P                    takes such numbers in changing ways, and says whether one is missing
  argo-vsock-tool drip --port P                     writes to one connection byte by byte until it would wait; until killed
One line of JSON with the result. hold, send and take give "errno"; send and take a checksum.
)";

constexpr std::size_t block_size = 65536;
using clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void nonblocking(const guest::file& socket) {
    if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) {
        fail("O_NONBLOCK");
    }
}

int socket_type(const guest::arguments& options) {
    return options.text("type", "") == "record" ? SOCK_SEQPACKET : SOCK_STREAM;
}

guest::file listen_at(std::uint32_t port, int backlog, int type = SOCK_STREAM) {
    auto socket = guest::vsock_socket(type);
    guest::vsock_bind(socket, port);
    if (::listen(socket.get(), backlog) != 0) {
        fail("listen");
    }
    std::cout << "listening" << std::endl;
    return socket;
}

guest::file accept_one(const guest::file& listener) {
    guest::file socket{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!socket && errno != EAGAIN) {
        fail("accept");
    }
    return socket;
}

// More than a thousand sockets are the point of some tests.
void raise_limit() {
    const rlimit most{65536, 65536};
    ::setrlimit(RLIMIT_NOFILE, &most);
}

void watch(const guest::file& epoll, const guest::file& socket, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = socket.get();
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, socket.get(), &event) != 0) {
        fail("epoll_ctl");
    }
}

// What does not fit now is dropped: the tests send a few bytes on each.
bool echo_once(int socket) {
    std::array<char, 4096> buffer;
    const auto size = ::recv(socket, buffer.data(), buffer.size(), 0);
    return size > 0 && ::send(socket, buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
}

int echo(const guest::arguments& options) {
    const auto listener = listen_at(options.number<std::uint32_t>("port", 0), options.number<int>("backlog", 128));
    const guest::file epoll{::epoll_create1(EPOLL_CLOEXEC)};
    std::map<int, guest::file> open;
    nonblocking(listener);
    watch(epoll, listener, EPOLLIN);
    for (;;) {
        std::array<epoll_event, 64> events;
        const auto count = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), -1);
        for (const auto& event : std::span{events}.first(static_cast<std::size_t>(std::max(count, 0)))) {
            if (event.data.fd != listener.get()) {
                if (!echo_once(event.data.fd)) {
                    open.erase(event.data.fd);
                }
                continue;
            }
            while (auto socket = accept_one(listener)) {
                watch(epoll, socket, EPOLLIN);
                const auto fd = socket.get();
                open.emplace(fd, std::move(socket));
            }
        }
    }
}

int deaf(const guest::arguments& options) {
    const auto listener =
        listen_at(options.number<std::uint32_t>("port", 0), options.number<int>("backlog", 128), socket_type(options));
    for (;;) {
        ::pause();
    }
}

int hold(const guest::arguments& options) {
    const auto socket = guest::vsock_socket();
    const auto refused =
        guest::vsock_connect(socket, options.number<std::uint32_t>("cid", 0), options.number<std::uint32_t>("port", 0));
    if (refused != 0) {
        throw std::system_error(refused, std::generic_category(), "connect");
    }
    std::cout << "connected" << std::endl;
    char byte = 0;
    const auto size = ::recv(socket.get(), &byte, 1, 0);
    std::cout << R"({"received": )" << std::max<ssize_t>(size, 0) << R"(, "errno": ")"
              << guest::errno_name(size < 0 ? errno : 0) << "\"}\n";
    return 0;
}

int try_one(const guest::arguments& options) {
    const auto socket = guest::vsock_socket();
    const auto begin = clock::now();
    const auto error =
        guest::vsock_connect(socket, options.number<std::uint32_t>("cid", 0), options.number<std::uint32_t>("port", 0));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begin);
    std::cout << R"({"errno": ")" << guest::errno_name(error) << R"(", "ms": )" << took.count() << "}\n";
    return 0;
}

struct tally {
    std::size_t connected = 0;
    std::size_t echoed = 0;
    std::map<std::string, std::size_t> errors;
};

bool connected(const guest::file& socket, tally& count) {
    const auto error = guest::pending_error(socket);
    if (error != 0) {
        ++count.errors[guest::errno_name(error)];
    } else {
        ++count.connected;
    }
    return error == 0;
}

/// All are opened before the first one sends, so all are open at once.
tally open_many(std::uint32_t cid, std::uint32_t port, std::uint32_t number, const timeval& patience) {
    tally count;
    std::vector<guest::file> sockets;
    for (std::uint32_t i = 0; i < number; ++i) {
        auto socket = guest::vsock_socket();
        ::setsockopt(socket.get(), AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &patience, sizeof(patience));
        nonblocking(socket);
        const auto error = guest::vsock_connect(socket, cid, port);
        if (error != 0 && error != EINPROGRESS) {
            ++count.errors[guest::errno_name(error)];
            continue;
        }
        sockets.push_back(std::move(socket));
    }
    for (auto& socket : sockets) {
        pollfd poll{socket.get(), POLLOUT, 0};
        if (::poll(&poll, 1, 90'000) != 1) {
            ++count.errors["no answer"];
            socket.reset();
        } else if (!connected(socket, count)) {
            socket.reset();
        }
    }
    for (std::uint32_t i = 0; i < sockets.size(); ++i) {
        if (sockets[i] && ::send(sockets[i].get(), &i, sizeof(i), MSG_NOSIGNAL) != sizeof(i)) {
            ++count.errors["send: " + guest::errno_name(errno)];
            sockets[i].reset();
        }
    }
    for (std::uint32_t i = 0; i < sockets.size(); ++i) {
        std::uint32_t back = ~i;
        pollfd poll{sockets[i].get(), POLLIN, 0};
        if (sockets[i] && ::poll(&poll, 1, 90'000) == 1 &&
            ::recv(sockets[i].get(), &back, sizeof(back), 0) == sizeof(back) && back == i) {
            ++count.echoed;
        }
    }
    return count;
}

int many(const guest::arguments& options) {
    // Longer than the kernel's two seconds: a thousand have to be answered meanwhile.
    const timeval patience{options.number<time_t>("patience", 10), 0};
    const auto count = open_many(options.number<std::uint32_t>("cid", 0), options.number<std::uint32_t>("port", 0),
                                 options.number<std::uint32_t>("count", 1), patience);
    std::cout << R"({"connected": )" << count.connected << R"(, "echoed": )" << count.echoed << R"(, "errors": {)";
    const char* separator = "";
    for (const auto& [error, times] : count.errors) {
        std::cout << separator << '"' << error << R"(": )" << times;
        separator = ", ";
    }
    std::cout << "}}\n";
    return 0;
}

/// Depends on each byte and its place; a hash of cryptography would take most of the time here.
class checksum {
public:
    void add(std::span<const std::uint8_t> data) {
        const auto head = std::min(data.size(), (pending_.size() - filled_) % pending_.size());
        append(data.first(head));
        data = data.subspan(head);
        for (; data.size() >= sizeof(std::uint64_t); data = data.subspan(sizeof(std::uint64_t))) {
            mix(data.data());
        }
        append(data);
    }
    [[nodiscard]] std::uint64_t value() const { return state_ ^ filled_; }

private:
    void append(std::span<const std::uint8_t> data) {
        std::copy(data.begin(), data.end(), pending_.begin() + static_cast<std::ptrdiff_t>(filled_));
        filled_ += data.size();
        if (filled_ == pending_.size()) {
            mix(pending_.data());
            filled_ = 0;
        }
    }
    void mix(const std::uint8_t* word) {
        std::uint64_t next = 0;
        std::memcpy(&next, word, sizeof(next));
        state_ = (state_ ^ next) * 0x9e3779b97f4a7c15U;
        state_ ^= state_ >> 29;
    }

    std::uint64_t state_ = 0;
    std::array<std::uint8_t, sizeof(std::uint64_t)> pending_{};
    std::size_t filled_ = 0;
};

class noise {
public:
    void fill(std::span<std::uint8_t> block) {
        for (std::size_t i = 0; i < block.size(); i += sizeof(state_)) {
            state_ = state_ * 6364136223846793005U + 1442695040888963407U;
            std::memcpy(block.data() + i, &state_, sizeof(state_));
        }
    }

private:
    std::uint64_t state_ = 1;
};

int report(std::uint64_t bytes, const checksum& sum, int error) {
    std::cout << R"({"bytes": )" << bytes << R"(, "checksum": ")" << std::hex << sum.value() << std::dec
              << R"(", "errno": ")" << guest::errno_name(error) << "\"}\n";
    return 0;
}

int send(const guest::arguments& options) {
    const auto socket = guest::vsock_socket(socket_type(options));
    int error =
        guest::vsock_connect(socket, options.number<std::uint32_t>("cid", 0), options.number<std::uint32_t>("port", 0));
    const auto total = options.number<std::uint64_t>("mib", 1) << 20;
    std::vector<std::uint8_t> block(block_size);
    checksum sum;
    noise source;
    std::uint64_t done = 0;
    while (error == 0 && done < total) {
        source.fill(block);
        sum.add(block);
        for (std::size_t at = 0; at < block.size();) {
            const auto size = ::send(socket.get(), block.data() + at, block.size() - at, MSG_NOSIGNAL);
            if (size < 0) {
                error = errno;
                break;
            }
            at += static_cast<std::size_t>(size);
        }
        done += block.size();
    }
    return report(done, sum, error);
}

int take(const guest::arguments& options) {
    const auto listener = listen_at(options.number<std::uint32_t>("port", 0), 1);
    const auto socket = accept_one(listener);
    std::vector<std::uint8_t> block(options.number<std::size_t>("block", block_size));
    checksum sum;
    std::uint64_t done = 0;
    for (;;) {
        const auto size = ::recv(socket.get(), block.data(), block.size(), 0);
        if (size <= 0) {
            return report(done, sum, size < 0 ? errno : 0);
        }
        sum.add(std::span{block}.first(static_cast<std::size_t>(size)));
        done += static_cast<std::uint64_t>(size);
    }
}

} // namespace

int main(int argc, char** argv) {
    raise_limit();
    return guest::run_command(argc, argv,
                              {{"echo", echo},
                               {"deaf", deaf},
                               {"hold", hold},
                               {"many", many},
                               {"try", try_one},
                               {"send", send},
                               {"take", take},
                               {"stop", guest::read_and_stop},
                               {"fill", guest::fill},
                               {"stuck", guest::be_stuck},
                               {"drip", guest::drip},
                               {"numbers", guest::send_numbers},
                               {"turns", guest::read_in_turns}},
                              usage);
}
