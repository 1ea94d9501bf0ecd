// SPDX-License-Identifier: MIT
// /dev/argo: every operation, on a few files of two domains, with arguments that are mostly right.
#include "endpoint.hpp"
#include "fuzz_target.hpp"
#include "interrupt.hpp"
#include "memory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <poll.h>
#include <sys/uio.h>

namespace guest::fuzz {
namespace {

using values = std::vector<std::uint32_t>;

constexpr std::uint32_t slots = 4;
constexpr duration patience = std::chrono::milliseconds{1};
constexpr std::uint32_t most_messages = 4;
constexpr std::uint32_t most_vectors = 8;

/// Where a buffer is.
enum memory_kind : std::uint32_t { good, bad, forbidden, memory_kinds };

/// Values that mean something.
namespace usual {
const values slot{0, 1, 2, 3};
const values port{7000, 7001, 7002, 0, 1, 0xc0000000};
const values domid{0, 1, 2, ARGO_DOMID_SELF, ARGO_DOMID_ANY, 30000, 0xffff};
const values size{0, 1, 16, 17, 100, 4000, 4032, 4048, 5000, 20000, 70000};
const values ring_size{0, 48, 4096, 8192, 65536};
const values how{0, 0, ARGO_DONTWAIT, ARGO_PEEK | ARGO_DONTWAIT, ARGO_PEEK};
const values count{1, 1, 2, most_messages};
const values pieces{1, 1, 0, 3, most_vectors};
const values memory{good, good, good, good, bad, forbidden};
const values space_kind{ARGO_SPACE_QUERY, ARGO_SPACE_WAIT, ARGO_SPACE_DRAIN, ARGO_SPACE_WATCH,
                        ARGO_SPACE_WAIT | ARGO_DONTWAIT};
const values fault{EIO, ENOMEM, EAGAIN, EINVAL, ECONNREFUSED, EBUSY};
} // namespace usual

argo_addr address_of(std::uint32_t domid, std::uint32_t port) {
    return address(static_cast<std::uint16_t>(domid), port);
}

class device_target final : public target {
public:
    explicit device_target(const arguments& options)
        : paths_{"/dev/argo", options.text("other", "/dev/argo1")},
          controls_{file{::open(options.text("control").c_str(), O_WRONLY | O_CLOEXEC)},
                    file{::open(options.text("other-control").c_str(), O_WRONLY | O_CLOEXEC)}},
          operations_{describe()} {}

    [[nodiscard]] counted what_counts() const override { return counted::system_calls; }
    [[nodiscard]] operations known() const override { return operations_; }

    void finish() override {
        spoilt_.reset();
        for (auto& file : files_) {
            file.reset();
        }
    }

private:
    struct spoilt {
        std::uint32_t offset;
        std::uint32_t value;
    };

    std::vector<operation> describe() {
        const auto bound = [this](auto member) { return [this, member](const words& a) { (this->*member)(a); }; };
        return {
            {"open", {usual::slot, {0, 1}}, bound(&device_target::open)},
            {"close", {usual::slot}, [this](const words& a) { files_.at(a[0] % slots).reset(); }},
            {"bind",
             {usual::slot, usual::port, usual::domid, usual::ring_size, {0, ARGO_BIND_EXCLUSIVE}},
             bound(&device_target::bind)},
            {"connect", {usual::slot, usual::domid, usual::port}, bound(&device_target::connect)},
            {"send",
             {usual::slot, usual::count, usual::size, usual::how, usual::memory, usual::pieces, usual::domid,
              usual::port},
             bound(&device_target::send)},
            {"recv",
             {usual::slot, usual::count, usual::size, usual::how, usual::memory, usual::pieces},
             bound(&device_target::receive)},
            {"space",
             {usual::slot, usual::domid, usual::port, usual::size, usual::space_kind},
             bound(&device_target::space)},
            {"options", {usual::slot, {0, 1, 8, 9}, usual::size, {0, 7}}, bound(&device_target::options)},
            {"status", {usual::slot}, bound(&device_target::status)},
            {"list",
             {usual::slot, {0, 8, sizeof(argo_ring_entry), 4096}, {0, 1, 20}, usual::memory},
             bound(&device_target::list)},
            {"info", {usual::slot}, bound(&device_target::info)},
            {"write", {usual::slot, usual::size, usual::pieces, usual::memory}, bound(&device_target::write)},
            {"read", {usual::slot, usual::size, usual::pieces, usual::memory}, bound(&device_target::read)},
            {"poll", {usual::slot, {POLLIN, POLLOUT, POLLIN | POLLOUT}}, bound(&device_target::poll)},
            // In the argument of the next operation, the 32 bits from a byte on are something else.
            {"spoil",
             {{0, 4, 8, 12, 16, 20, 24, 28, 32}, {0, 1, 2, 0x80000000, 0xffffffff}},
             [this](const words& a) {
                 spoilt_ = {a[0], a[1]};
             }},
            // The next call of the hypervisor's fails.
            {"fail", {{0, 1}, {0, 1, 2}, {1, 2}, usual::fault}, bound(&device_target::fail)},
            {"spoil_ring",
             {{0, 1}, {0, 1, 2, 3, 4, 5}, usual::port, usual::domid, {0, 7, 15, 16, 0xffffffff}},
             bound(&device_target::spoil_ring)},
        };
    }

    /// The file of a slot, opened if it is not. The lower half are this domain's, the upper half the other one's.
    endpoint& at(std::uint32_t slot) {
        auto& one = files_.at(slot % slots);
        if (!one) {
            open({slot, 0});
        }
        return *one;
    }

    void open(const words& a) {
        const auto which = a[0] % slots;
        const int flags = O_RDWR | O_CLOEXEC | (a[1] % 2 != 0 ? O_NONBLOCK : 0);
        auto& one = files_.at(which).emplace(file{::open(paths_.at(which / (slots / 2)).c_str(), flags)});
        argo_options limits{};
        limits.flags = ARGO_OPT_SEND_TIMEOUT | ARGO_OPT_RECV_TIMEOUT;
        limits.send_timeout_ns = limits.recv_timeout_ns = static_cast<std::uint64_t>(patience.count());
        one.options(limits);
    }

    void bind(const words& a) {
        argo_bind bind{};
        bind.port = a[1];
        bind.partner = static_cast<std::uint16_t>(a[2]);
        bind.ring_size = a[3];
        bind.flags = a[4];
        call(at(a[0]), ARGO_IOC_BIND, bind);
    }

    void connect(const words& a) {
        argo_connect connect{};
        connect.addr = address_of(a[1], a[2]);
        call(at(a[0]), ARGO_IOC_CONNECT, connect);
    }

    void send(const words& a) { transfer(ARGO_IOC_SEND, a, address_of(a[6], a[7])); }
    void receive(const words& a) { transfer(ARGO_IOC_RECV, a, nowhere); }

    void transfer(unsigned long request, const words& a, const argo_addr& to) {
        std::array<argo_iovec, most_vectors> vectors{};
        const auto used = cut<argo_iovec>(vectors, a[5], a[4], a[2]);
        std::array<argo_msg, most_messages> messages{};
        for (auto& one : messages) {
            one.iov = reinterpret_cast<std::uintptr_t>(used.data());
            one.iovcnt = static_cast<std::uint32_t>(used.size());
            one.addr = to;
            one.type = a[1];
        }
        argo_batch batch{};
        batch.flags = a[3];
        batch.msgs = reinterpret_cast<std::uintptr_t>(messages.data());
        batch.count = a[1] % (most_messages + 1);
        batch.timeout_ns = static_cast<std::uint64_t>(patience.count());
        call(at(a[0]), request, batch);
    }

    void space(const words& a) {
        argo_space space{};
        space.flags = a[4];
        space.addr = address_of(a[1], a[2]);
        space.need = a[3];
        space.timeout_ns = static_cast<std::uint64_t>(patience.count());
        call(at(a[0]), ARGO_IOC_SPACE, space);
    }

    void options(const words& a) {
        argo_options options{};
        options.flags = a[1];
        options.send_lowat = a[2];
        options.type = a[3];
        call(at(a[0]), ARGO_IOC_OPTIONS, options);
    }

    void status(const words& a) {
        argo_status status{};
        call(at(a[0]), ARGO_IOC_STATUS, status);
    }

    void list(const words& a) {
        argo_list list{};
        list.entries = reinterpret_cast<std::uintptr_t>(buffer(a[3], memory_.all().size()));
        list.entry_size = a[1];
        list.count = std::min(a[2], 32U);
        call(at(a[0]), ARGO_IOC_LIST, list);
    }

    void info(const words& a) {
        argo_info info{};
        call(at(a[0]), ARGO_IOC_INFO, info);
    }

    void write(const words& a) {
        std::array<iovec, most_vectors> vectors{};
        const auto used = cut<iovec>(vectors, a[2], a[3], a[1]);
        static_cast<void>(::writev(at(a[0]).fd(), used.data(), static_cast<int>(used.size())));
    }

    void read(const words& a) {
        std::array<iovec, most_vectors> vectors{};
        const auto used = cut<iovec>(vectors, a[2], a[3], a[1]);
        static_cast<void>(::readv(at(a[0]).fd(), used.data(), static_cast<int>(used.size())));
    }

    void poll(const words& a) {
        pollfd entry{at(a[0]).fd(), static_cast<short>(a[1]), 0};
        static_cast<void>(::poll(&entry, 1, 0));
    }

    void fail(const words& a) {
        // Not unregister: the driver then gives the ring's memory up, and says so.
        constexpr std::array calls{"register", "sendv", "notify"};
        command(a[0], std::string("fail ") + calls.at(a[1] % calls.size()) + ' ' + std::to_string(a[2] % 4 + 1) + ' ' +
                          std::to_string(a[3] % 134 + 1));
    }

    void spoil_ring(const words& a) {
        constexpr std::array what{"tx", "rx", "len", "port", "domid", "type"};
        const auto partner = a[3] == ARGO_DOMID_ANY ? "any" : std::to_string(static_cast<std::uint16_t>(a[3]));
        command(a[0], std::string("spoil ") + what.at(a[1] % what.size()) + ' ' + std::to_string(a[2]) + ' ' + partner +
                          ' ' + std::to_string(a[4]));
    }

    void command(std::uint32_t domain, const std::string& text) {
        static_cast<void>(::write(controls_.at(domain % controls_.size()).get(), text.data(), text.size()));
    }

    std::byte* buffer(std::uint32_t kind, std::size_t length) {
        switch (kind % memory_kinds) {
        case bad:
            return reinterpret_cast<std::byte*>(bad_addresses.at(length % bad_addresses.size()));
        case forbidden:
            return memory_.forbidden() - std::min(length, memory_.all().size()) / 2;
        default:
            return memory_.all().data();
        }
    }

    /// Vectors for a buffer of `length` bytes, as equal as can be. Memory that can be written has room for each.
    template <typename Vector>
    std::span<const Vector> cut(std::span<Vector> all, std::uint32_t count, std::uint32_t kind, std::uint32_t length) {
        const auto used = all.first(count % (all.size() + 1));
        for (auto& one : used) {
            const auto each = std::min<std::size_t>(length / used.size(), memory_.all().size());
            auto* const start = buffer(kind, each);
            if constexpr (std::is_same_v<Vector, iovec>) {
                one = {start, each};
            } else {
                one = {reinterpret_cast<std::uintptr_t>(start), each};
            }
        }
        return used;
    }

    template <typename Argument> void call(const endpoint& one, unsigned long request, Argument& argument) {
        argument.size = sizeof(argument);
        if (spoilt_ && may_be_spoilt(request) && spoilt_->offset <= sizeof(argument) - sizeof(spoilt_->value)) {
            std::memcpy(reinterpret_cast<std::byte*>(&argument) + spoilt_->offset, &spoilt_->value,
                        sizeof(spoilt_->value));
        }
        spoilt_.reset();
        one.call(request, &argument);
    }

    /// Elsewhere an address or a count may become one with which the kernel overwrites this program.
    bool may_be_spoilt(unsigned long request) const {
        const bool has_addresses = request == ARGO_IOC_SEND || request == ARGO_IOC_RECV || request == ARGO_IOC_LIST;
        return !has_addresses || spoilt_->offset < 2 * sizeof(std::uint32_t);
    }

    std::array<std::string, 2> paths_;
    std::array<file, 2> controls_;
    std::array<std::optional<endpoint>, slots> files_;
    std::optional<spoilt> spoilt_;
    guarded memory_{32};
    std::vector<operation> operations_;
    /// A time that was spoilt may be no limit.
    interrupter signals_{std::chrono::milliseconds{100}};
};

} // namespace

std::unique_ptr<target> make_device_target(const arguments& options) {
    return std::make_unique<device_target>(options);
}

} // namespace guest::fuzz
