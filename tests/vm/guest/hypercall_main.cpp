// SPDX-License-Identifier: MIT
// argo-hypercall: labels of ports, which a Xen with packaging/xen/patches changes at run time and no tool of Debian's
// knows. For dom0, whose /dev/xen/privcmd lets programs make hypercalls.
#include "arguments.hpp"
#include "commands.hpp"
#include "file.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace {

constexpr const char* usage = R"(usage:
  argo-hypercall label --port P --context C [--count N]  gives N ports (1) a label each, until a policy is loaded
  argo-hypercall unlabel --port P [--count N]   takes the labels away
  argo-hypercall ask --to DOMID:PORT --count N  asks N times about a ring; "ns": a call of the median thousand
One line of JSON: "result" is what Xen returns, 0 or more, or an errno of Xen's with a minus, of the first call that fails.
)";

// Of Xen's public headers.
constexpr std::uint64_t argo_op = 39, flask_op = 27;
constexpr std::uint64_t argo_notify = 4;
constexpr std::uint32_t thousand = 1000;
constexpr std::uint32_t flask_context_to_sid = 4, flask_add_ocontext = 21, flask_del_ocontext = 22;
constexpr std::uint32_t iomem = 3;
constexpr std::uint64_t port_frames = std::uint64_t{0xa467} << 48;

/// A notify with one question.
struct question {
    std::uint32_t count, pad;
    std::uint32_t port;
    std::uint16_t domid, pad2;
    std::uint16_t flags, pad3;
    std::uint32_t space, largest;
};
struct flask {
    std::uint32_t cmd, version;
    union {
        struct {
            std::uint32_t sid, size;
            std::uint64_t context;
        } context;
        struct {
            std::uint32_t table, sid;
            std::uint64_t low, high;
        } label;
        std::byte room[256];
    };
};

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// Memory that is there when Xen reads it.
template <class T> T& resident() {
    void* memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) {
        fail("mmap");
    }
    return *new (memory) T{};
}

long call(std::uint64_t number, std::uint64_t a, std::uint64_t b, std::uint64_t c = 0, std::uint64_t d = 0,
          std::uint64_t e = 0) {
    // As in xen/sys/privcmd.h.
    struct {
        std::uint64_t op, arg[5];
    } hypercall{number, {a, b, c, d, e}};
    static const guest::file privcmd{::open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC)};
    if (!privcmd) {
        fail("/dev/xen/privcmd");
    }
    const auto result = ::ioctl(privcmd.get(), _IOC(_IOC_NONE, 'P', 0, sizeof(hypercall)), &hypercall);
    return result < 0 ? -errno : result;
}

template <class T> std::uint64_t at(T& object) { return reinterpret_cast<std::uintptr_t>(&object); }

std::uint32_t number(const guest::arguments& options, const char* name) {
    return guest::arguments::parse<std::uint32_t>(options.text(name, "0"));
}

int report(long result) {
    std::cout << R"({"result": )" << result << "}\n";
    return 0;
}

flask& flask_command(std::uint32_t cmd) {
    auto& command = resident<flask>();
    command.cmd = cmd;
    command.version = 1;
    return command;
}

struct context {
    char text[256];
};

std::uint32_t sid_of(const std::string& text) {
    auto& name = resident<context>();
    text.copy(name.text, sizeof(name.text) - 1);
    auto& command = flask_command(flask_context_to_sid);
    command.context = {0, static_cast<std::uint32_t>(text.size()), at(name)};
    if (const auto result = call(flask_op, at(command), 0); result < 0) {
        throw std::system_error(static_cast<int>(-result), std::generic_category(), text);
    }
    return command.context.sid;
}

/// The results of @p change for the ports of --port and --count.
template <class Change> int for_ports(const guest::arguments& options, Change change) {
    const auto count = guest::arguments::parse<std::uint32_t>(options.text("count", "1"));
    long result = 0;
    for (std::uint32_t i = 0; i < count && result >= 0; ++i) {
        result = change(port_frames | (number(options, "port") + i));
    }
    return report(result);
}

int label(const guest::arguments& options) {
    const auto sid = sid_of(options.text("context"));
    auto& command = flask_command(flask_add_ocontext);
    return for_ports(options, [&](std::uint64_t frame) {
        command.label = {iomem, sid, frame, frame};
        return call(flask_op, at(command), 0);
    });
}

int unlabel(const guest::arguments& options) {
    auto& command = flask_command(flask_del_ocontext);
    return for_ports(options, [&](std::uint64_t frame) {
        command.label = {iomem, 0, frame, frame};
        return call(flask_op, at(command), 0);
    });
}

int ask(const guest::arguments& options) {
    const auto to = guest::parse_address(options.text("to"));
    const auto count = number(options, "count");
    auto& asked = resident<question>();
    asked.count = 1;
    asked.port = to.port;
    asked.domid = to.domid;
    asked.space = 1;
    long result = 0;
    // The clock of an emulated machine jumps now and then.
    std::vector<std::int64_t> times;
    for (std::uint32_t done = 0; (done < count || times.empty()) && result >= 0; done += thousand) {
        const auto began = std::chrono::steady_clock::now();
        for (std::uint32_t i = 0; i < thousand && result >= 0; ++i) {
            result = call(argo_op, argo_notify, at(asked));
        }
        const std::chrono::nanoseconds elapsed = std::chrono::steady_clock::now() - began;
        times.push_back(elapsed.count() / thousand);
    }
    std::sort(times.begin(), times.end());
    std::cout << R"({"result": )" << result << R"(, "ns": )" << times[times.size() / 2] << "}\n";
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return guest::run_command(argc, argv, {{"label", label}, {"unlabel", unlabel}, {"ask", ask}}, usage);
}
