// SPDX-License-Identifier: MIT
// argo-stress: many threads do anything with /dev/argo at random, for some time. What arrives is checked; errors are
// what is to be expected.
#include "arguments.hpp"
#include "endpoint.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <poll.h>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace guest {
namespace {

using clock = std::chrono::steady_clock;
using shared_endpoint = std::shared_ptr<endpoint>;

constexpr const char* usage =
    "usage: argo-stress --domains DOMID,DOMID,… [--seconds S] [--threads N] [--seed X] [--fail-memory]\n";
constexpr std::uint32_t first_port = 5200;
constexpr std::uint32_t ports = 12;
constexpr std::size_t most_open = 48;
constexpr std::size_t largest = 6000;
constexpr std::size_t head = 8;

/// A payload says what must be in it: a seed, and its own length.
void fill(view data, std::uint32_t seed) {
    for (std::size_t i = 0; i < data.size(); ++i) {
        data[i] = static_cast<std::byte>(seed + i * 13);
    }
    if (data.size() >= head) {
        const std::array<std::uint32_t, 2> said{seed, static_cast<std::uint32_t>(data.size())};
        std::memcpy(data.data(), said.data(), head);
    }
}

bool is_right(const_view data, std::uint32_t len) {
    if (len < head || data.size() < head) {
        return true;
    }
    std::array<std::uint32_t, 2> said{};
    std::memcpy(said.data(), data.data(), head);
    if (said[1] != len) {
        return false;
    }
    for (std::size_t i = head; i < data.size(); ++i) {
        if (data[i] != static_cast<std::byte>(said[0] + i * 13)) {
            return false;
        }
    }
    return true;
}

/// Endpoints that all threads use, and close under each other's hands.
class crowd {
public:
    shared_endpoint any(std::mt19937& random) {
        const std::lock_guard lock(mutex_);
        return open_.empty() ? nullptr : open_[random() % open_.size()];
    }
    void add(shared_endpoint one) {
        const std::lock_guard lock(mutex_);
        if (open_.size() < most_open) {
            open_.push_back(std::move(one));
        }
    }
    shared_endpoint remove(std::mt19937& random) {
        const std::lock_guard lock(mutex_);
        if (open_.empty()) {
            return nullptr;
        }
        std::swap(open_[random() % open_.size()], open_.back());
        auto one = std::move(open_.back());
        open_.pop_back();
        return one;
    }

private:
    std::mutex mutex_;
    std::vector<shared_endpoint> open_;
};

struct totals {
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::uint64_t> wrong{0};
    std::atomic<std::uint64_t> no_memory{0};
};

/// The kernel refuses memory to this thread as often as debugfs (failslab, fail_page_alloc) says.
void make_it_fail() {
    std::ofstream attribute("/proc/thread-self/make-it-fail");
    if (!(attribute << 1 << std::flush)) {
        throw std::runtime_error("/proc/thread-self/make-it-fail: this kernel injects no faults");
    }
}

class worker {
public:
    worker(crowd& all, totals& sums, const std::vector<std::uint16_t>& domains, std::uint32_t seed)
        : all_(all), sums_(sums), domains_(domains), random_(seed), data_(largest) {}

    void run(clock::time_point end) {
        while (clock::now() < end) {
            ++sums_.calls;
            try {
                step();
            } catch (const std::system_error& error) {
                tally({error.code().value()});
                // No device, no descriptor: others give some back.
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            } catch (const std::bad_alloc&) {
                tally({ENOMEM});
            }
        }
    }

private:
    outcome tally(outcome what) {
        sums_.no_memory += what.code == ENOMEM ? 1U : 0U;
        return what;
    }

    std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
    std::uint16_t domain() { return domains_[pick(static_cast<std::uint32_t>(domains_.size()))]; }
    std::uint32_t port() { return first_port + pick(ports); }
    argo_addr somewhere() { return address(domain(), port()); }
    wait how() { return pick(2) == 0 ? no_wait : wait{0, std::chrono::microseconds(1 + pick(4000))}; }

    void step() {
        const auto what = pick(24);
        if (what < 3) {
            all_.add(opened());
            return;
        }
        if (what == 3) {
            // The last user closes it, whatever others are doing in it.
            all_.remove(random_);
            return;
        }
        if (what == 4) {
            if (const auto one = all_.remove(random_)) {
                one->close();
            }
            return;
        }
        if (const auto one = all_.any(random_)) {
            use(*one, what);
        } else {
            all_.add(opened());
        }
    }

    shared_endpoint opened() {
        // A thread whose endpoint was closed under its hands may be using this one's number already: it must not wait
        // here before there are limits.
        auto one = std::make_shared<endpoint>(O_NONBLOCK);
        const std::array<std::uint16_t, 3> partners{ARGO_DOMID_ANY, ARGO_DOMID_SELF, domain()};
        tally(one->bind({.port = pick(3) == 0 ? std::uint32_t{ARGO_PORT_ANY} : port(),
                         .partner = partners[pick(partners.size())],
                         .ring_size = 48 + pick(20000),
                         .flags = pick(8) == 0 ? std::uint32_t{ARGO_BIND_EXCLUSIVE} : 0U}));
        // Another thread may have made it blocking again: nothing waits for ever.
        argo_options limits{};
        limits.flags = ARGO_OPT_SEND_TIMEOUT | ARGO_OPT_RECV_TIMEOUT;
        limits.send_timeout_ns = limits.recv_timeout_ns = 20'000'000;
        one->options(limits);
        static_cast<void>(one->nonblocking(pick(4) == 0));
        return one;
    }

    void use(const endpoint& one, std::uint32_t what) {
        argo_space space{};
        argo_status status{};
        argo_options options{};
        if (what < 10) {
            send(one);
        } else if (what < 16) {
            receive(one);
        } else if (what == 16) {
            one.connect(pick(4) == 0 ? nowhere : somewhere());
        } else if (what == 17) {
            static_cast<void>(one.poll(static_cast<short>(pick(2) == 0 ? POLLIN : POLLIN | POLLOUT),
                                       std::chrono::milliseconds(pick(3))));
        } else if (what == 18) {
            const std::array<std::uint32_t, 4> kinds{ARGO_SPACE_QUERY, ARGO_SPACE_WAIT, ARGO_SPACE_DRAIN,
                                                     ARGO_SPACE_WATCH};
            auto patience = how();
            patience.flags |= kinds[pick(kinds.size())];
            one.space(somewhere(), pick(largest), space, patience);
        } else if (what == 19) {
            one.status(status);
            options.flags = ARGO_OPT_SEND_LOWAT;
            options.send_lowat = pick(3000);
            one.options(options);
        } else if (what == 20) {
            static_cast<void>(one.duplicate());
        } else if (what == 21) {
            write_and_read(one);
        } else if (what == 22) {
            batch(one);
        } else if (pick(20) == 0) {
            in_a_child(one);
        }
    }

    void send(const endpoint& one) {
        const auto size = pick(largest);
        fill(view(data_).first(size), static_cast<std::uint32_t>(random_()));
        const auto result = tally(one.send(somewhere(), const_view(data_).first(size), pick(5), how()));
        sums_.sent += result == success ? 1U : 0U;
    }

    void receive(const endpoint& one) {
        message got;
        if (tally(one.receive(got, largest, pick(5) == 0 ? peek : how())) == success) {
            ++sums_.received;
            check(got.data, got.len);
        }
    }

    void check(const_view data, std::uint32_t len) { sums_.wrong += is_right(data, len) ? 0U : 1U; }

    void write_and_read(const endpoint& one) {
        const auto size = pick(500);
        fill(view(data_).first(size), 1);
        // Only what cannot block for ever.
        if (one.nonblocking(true)) {
            static_cast<void>(::write(one.fd(), data_.data(), size));
            static_cast<void>(::read(one.fd(), data_.data(), pick(500)));
            static_cast<void>(one.nonblocking(false));
        }
    }

    void batch(const endpoint& one) {
        std::array<argo_msg, 5> messages{};
        std::array<argo_iovec, 5> vectors{};
        const auto size = head + pick(600);
        fill(view(data_).first(size), 7);
        for (std::size_t i = 0; i < messages.size(); ++i) {
            vectors[i] = vector_of(const_view(data_).first(size));
            messages[i] = {};
            messages[i].addr = somewhere();
            messages[i].iov = reinterpret_cast<std::uintptr_t>(&vectors[i]);
            messages[i].iovcnt = 1;
        }
        std::uint32_t done = 0;
        one.send(messages, done, how());
        sums_.sent += done;
    }

    void in_a_child(const endpoint& one) {
        const auto child = ::fork();
        if (child == 0) {
            // Nothing that takes a lock: other threads may have held it.
            const std::array<char, 16> nothing{};
            static_cast<void>(::write(one.fd(), nothing.data(), 0));
            ::_exit(0);
        }
        if (child > 0) {
            // A write may wait for space; whoever waits is ended.
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
        }
    }

    crowd& all_;
    totals& sums_;
    const std::vector<std::uint16_t>& domains_;
    std::mt19937 random_;
    bytes data_;
};

std::vector<std::uint16_t> parse_domains(const std::string& list) {
    std::vector<std::uint16_t> out;
    for (std::size_t at = 0; at <= list.size();) {
        const auto end = std::min(list.find(',', at), list.size());
        out.push_back(parse_domid(list.substr(at, end - at)));
        at = end + 1;
    }
    return out;
}

int stress(const arguments& options) {
    const auto domains = parse_domains(options.text("domains"));
    const std::chrono::seconds seconds{options.number<std::uint32_t>("seconds", 10)};
    const auto seed = options.number<std::uint32_t>("seed", 1);
    crowd all;
    totals sums;
    const auto end = clock::now() + seconds;
    {
        std::vector<std::jthread> threads;
        for (std::uint32_t i = 0; i < options.number<std::uint32_t>("threads", 8); ++i) {
            threads.emplace_back([&, i] {
                if (options.has("fail-memory")) {
                    make_it_fail();
                }
                worker(all, sums, domains, seed * 1000 + i).run(end);
            });
        }
    }
    std::cout << R"({"ok": )" << (sums.wrong == 0 ? "true" : "false") << R"(, "calls": )" << sums.calls
              << R"(, "sent": )" << sums.sent << R"(, "received": )" << sums.received << R"(, "wrong": )" << sums.wrong
              << R"(, "no_memory": )" << sums.no_memory << "}\n";
    return sums.wrong == 0 ? 0 : 1;
}

} // namespace
} // namespace guest

int main(int argc, char** argv) {
    try {
        const guest::arguments options{argc, argv, {"fail-memory"}};
        if (!options.has("domains")) {
            std::cerr << guest::usage;
            return 2;
        }
        std::signal(SIGPIPE, SIG_IGN);
        return guest::stress(options);
    } catch (const std::exception& error) {
        std::cerr << "argo-stress: " << error.what() << '\n';
        return 2;
    }
}
