// SPDX-License-Identifier: MIT
// argo-hypercall: what only a Xen with packaging/xen/patches has, and the driver does not use yet, asked of Xen
// directly. For dom0, whose /dev/xen/privcmd lets programs make hypercalls.
#include "arguments.hpp"
#include "commands.hpp"
#include "file.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

constexpr const char* usage = R"(usage:
  argo-hypercall plug --src DOMID:PORT --dst DOMID:PORT  plugs a cable into the first port
  argo-hypercall unplug --src DOMID:PORT        takes the cable of a port out
  argo-hypercall cables                         lists the cables of all domains
  argo-hypercall send --port P --size S [--to P]  sends along the cable of this domain's port; to another port than 0
  argo-hypercall ask --port P --space S         asks about the ring at the other end of that cable
  argo-hypercall label --port P --context C     gives a port a label, until a policy is loaded
  argo-hypercall unlabel --port P               takes the label away
One line of JSON: "result" is what Xen returns, 0 or more, or an errno of Xen's with a minus.
)";

// Of Xen's public headers; Debian's have no cables.
constexpr std::uint64_t argo_op = 39, flask_op = 27;
constexpr std::uint64_t op_sendv = 3, op_notify = 4, op_plug = 5, op_unplug = 6, op_cables = 7;
constexpr std::uint32_t flask_context_to_sid = 4, flask_add_ocontext = 21, flask_del_ocontext = 22;
constexpr std::uint32_t iomem = 3;
constexpr std::uint16_t domid_any = 0x7ff4;
constexpr std::uint64_t port_frames = std::uint64_t{0xa467} << 48;
constexpr std::size_t max_cables = 64;

struct address {
    std::uint32_t port;
    std::uint16_t domid;
    std::uint16_t pad;
};
struct cable {
    address src, dst;
};
struct piece {
    std::uint64_t base;
    std::uint32_t len, pad;
};
struct query {
    std::uint32_t count, pad;
    address ring;
    std::uint16_t flags, pad2;
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
    const guest::file privcmd{::open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC)};
    if (!privcmd) {
        fail("/dev/xen/privcmd");
    }
    const auto result = ::ioctl(privcmd.get(), _IOC(_IOC_NONE, 'P', 0, sizeof(hypercall)), &hypercall);
    return result < 0 ? -errno : result;
}

template <class T> std::uint64_t at(T& object) { return reinterpret_cast<std::uintptr_t>(&object); }

address parse(const std::string& text) {
    const auto parsed = guest::parse_address(text);
    return {parsed.port, parsed.domid, 0};
}

std::uint32_t number(const guest::arguments& options, const char* name) {
    return guest::arguments::parse<std::uint32_t>(options.text(name, "0"));
}

int report(long result) {
    std::cout << R"({"result": )" << result << "}\n";
    return 0;
}

int plug(const guest::arguments& options) {
    auto& plugged = resident<cable>();
    plugged = {parse(options.text("src")), parse(options.text("dst"))};
    return report(call(argo_op, op_plug, at(plugged)));
}

int unplug(const guest::arguments& options) {
    auto& port = resident<address>();
    port = parse(options.text("src"));
    return report(call(argo_op, op_unplug, at(port)));
}

struct cables {
    cable list[max_cables];
};

int list(const guest::arguments&) {
    auto& found = resident<cables>();
    const auto count = call(argo_op, op_cables, at(found), 0, max_cables, 0);
    std::cout << R"({"result": )" << count << R"(, "cables": [)";
    for (long i = 0; i < count; ++i) {
        const auto& [src, dst] = found.list[i];
        std::cout << (i ? ", " : "") << '"' << src.domid << ':' << src.port << " -> " << dst.domid << ':' << dst.port
                  << '"';
    }
    std::cout << "]}\n";
    return 0;
}

struct message {
    cable addresses;
    piece payload;
    std::byte bytes[4096];
};

int send(const guest::arguments& options) {
    auto& sent = resident<message>();
    sent.addresses = {{number(options, "port"), domid_any, 0}, {number(options, "to"), domid_any, 0}};
    sent.payload = {at(sent.bytes), number(options, "size"), 0};
    return report(call(argo_op, op_sendv, at(sent.addresses), at(sent.payload), 1, 0));
}

int ask(const guest::arguments& options) {
    auto& asked = resident<query>();
    asked.count = 1;
    asked.ring = {number(options, "port"), domid_any, 0};
    asked.space = number(options, "space");
    const auto result = call(argo_op, op_notify, at(asked));
    std::cout << R"({"result": )" << result << R"(, "flags": )" << asked.flags << R"(, "largest": )" << asked.largest
              << "}\n";
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

int label(const guest::arguments& options) {
    const auto frame = port_frames | number(options, "port");
    const auto sid = sid_of(options.text("context"));
    auto& command = flask_command(flask_add_ocontext);
    command.label = {iomem, sid, frame, frame};
    return report(call(flask_op, at(command), 0));
}

int unlabel(const guest::arguments& options) {
    const auto frame = port_frames | number(options, "port");
    auto& command = flask_command(flask_del_ocontext);
    command.label = {iomem, 0, frame, frame};
    return report(call(flask_op, at(command), 0));
}

} // namespace

int main(int argc, char** argv) {
    return guest::run_command(argc, argv,
                              {{"plug", plug},
                               {"unplug", unplug},
                               {"cables", list},
                               {"send", send},
                               {"ask", ask},
                               {"label", label},
                               {"unlabel", unlabel}},
                              usage);
}
