// SPDX-License-Identifier: MIT
// Any messages to the device side of VirtIO over Argo, and any order of its answers: nothing crashes, what it sends is
// well-formed and fits, and its requests are bounded.
#include <libargo/virtio/detail/hub.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace {

using namespace libargo;
using namespace libargo::virtio;
using namespace libargo::virtio::detail;

constexpr domid_t guest{3};
constexpr port_t port = 300;
constexpr std::uint16_t queue_size = 4;
/// Two queues, with and without room; of the latter some more, see attachment.cpp.
constexpr std::size_t most_kept = 2 * (std::size_t{queue_size} * 2 + 256);

void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "virtio: %s\n", what);
        std::abort();
    }
}

/// The bytes that are left of the input.
class input {
public:
    explicit input(std::span<const std::byte> bytes) : bytes_(bytes) {}

    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    unsigned number() { return bytes_.empty() ? 0 : std::to_integer<unsigned>(take(1).front()); }
    std::span<const std::byte> take(std::size_t size) {
        const auto taken = bytes_.first(std::min(size, bytes_.size()));
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }

private:
    std::span<const std::byte> bytes_;
};

class keeping_device final : public device {
public:
    using device::config_changed;

    [[nodiscard]] device_description describe() const override {
        return {.id = 1, .features = 3, .config_size = 8, .queue_sizes = {queue_size, queue_size}, .max_chain = 4096};
    }
    bool write_config(std::size_t offset, std::span<const std::byte> from) override {
        require(offset <= 8 && from.size() <= 8 - offset, "a write beyond the config space");
        return true;
    }
    void read_config(std::size_t offset, std::span<std::byte> into) const override {
        require(offset <= 8 && into.size() <= 8 - offset, "a read beyond the config space");
        std::fill(into.begin(), into.end(), std::byte{1});
    }
    void handle(request what) override {
        require(what.readable().size() + what.room() <= 4096, "a request that is too large");
        require(what.queue() < 2, "a request of no queue");
        kept.push_back(std::move(what));
        require(kept.size() <= most_kept, "more requests than are allowed");
    }

    std::deque<request> kept;
};

class world {
public:
    world() {
        hub_.set_port(port, 65536);
        hub_.add(guest, 1, port, device_);
    }

    void send(input& from) {
        const unsigned kind = from.number();
        const bool is_data = (kind & 1U) != 0;
        const port_t to = (kind & 2U) != 0 ? ARGO_PORT_VIRTIO_BUS : port;
        const port_t source = (kind & 4U) != 0 ? 44 : ARGO_PORT_VIRTIO_DRIVER;
        deliver(to, source, is_data ? data_type : control_type, from.take(from.number()));
    }

    /// Makes the device ready, so that not every input has to find out how.
    void set_up() {
        const auto tell = [this](bool of_bus, unsigned id, std::initializer_list<std::uint32_t> values) {
            control_writer out({.of_bus = of_bus, .id = static_cast<std::uint8_t>(id), .device = 1, .token = 1});
            for (const std::uint32_t value : values) {
                out.add(value);
            }
            deliver(port, ARGO_PORT_VIRTIO_DRIVER, control_type, out.take());
        };
        tell(true, 0x80, {1, 4096});
        tell(false, 4, {0, 2, 1, 1});
        tell(false, 8, {11});
        tell(false, 10, {0, 0, queue_size, 0, 0, 0, 0, 0, 0, 0});
        tell(false, 10, {1, 0, queue_size, 0, 0, 0, 0, 0, 0, 0});
    }

    /// A record whose numbers are often right.
    void request_one(input& from) {
        const unsigned how = from.number();
        record header{.op = 1,
                      .flags = static_cast<std::uint8_t>((how & 1U) | ((how & 0x80U) >> 6U)),
                      .device = 1,
                      .queue = static_cast<std::uint16_t>((how >> 1U) & 1U),
                      .id = static_cast<std::uint16_t>((how >> 2U) & 7U),
                      .epoch = (how >> 5U) & 1U,
                      .length = from.number() * 32,
                      .in = from.number() * 32,
                      .offset = from.number() * 32};
        const auto head = to_bytes(header);
        std::vector<std::byte> message(head.begin(), head.end());
        message.resize(message.size() + header.length);
        deliver(port, ARGO_PORT_VIRTIO_DRIVER, data_type, message);
    }

    void end_one(input& from) {
        if (device_->kept.empty()) {
            return;
        }
        const std::size_t which = from.number() % device_->kept.size();
        auto one = std::move(device_->kept[which]);
        device_->kept.erase(device_->kept.begin() + static_cast<std::ptrdiff_t>(which));
        const std::size_t offset = from.number() * std::size_t{16};
        const std::size_t size = from.number() * std::size_t{16};
        if (offset <= one.room() && size <= one.room() - offset) {
            static_cast<void>(one.fill(offset, size));
            one.complete(size);
        }
    }

    void pump(std::size_t messages) {
        hub_.collect();
        for (const auto& to : hub_.take_ready()) {
            waiting_.push_back(to);
        }
        for (; messages > 0 && !waiting_.empty(); --messages) {
            const auto to = waiting_.front();
            if (to->has_output()) {
                check(hub_.next(*to, 16));
            } else {
                hub_.sent_all(to);
                waiting_.pop_front();
            }
        }
    }

    void lose() {
        if (!waiting_.empty()) {
            hub_.lost(waiting_.front());
            waiting_.pop_front();
        }
    }

    void change() { device_->config_changed(); }

private:
    void deliver(port_t to, port_t source, message_type type, std::span<const std::byte> message) {
        received made{.memory = pool_->take(message.size()), .size = message.size()};
        std::copy(message.begin(), message.end(), made.memory.bytes().begin());
        hub_.receive(to, {guest, source}, type, made, now_);
        now_ += std::chrono::milliseconds(100);
    }

    static void check(const outgoing& message) {
        std::vector<std::byte> whole;
        for (const auto piece : message.pieces) {
            whole.insert(whole.end(), piece.begin(), piece.end());
        }
        require(!whole.empty(), "an empty message");
        require(message.pieces.size() <= 16, "a message of too many pieces");
        if (message.type == control_type) {
            require(parse_control(whole).has_value(), "a control message that makes no sense");
            return;
        }
        record_reader records(whole);
        while (const auto header = records.next()) {
            require(header->op == 2 && header->device == 1 && header->queue < 2 && header->id < queue_size,
                    "an answer of no request");
            require(header->in <= 4096 && header->offset + records.payload().size() <= 4096,
                    "an answer beyond the room");
        }
        require(records.is_at_end(), "records that make no sense");
    }

    std::shared_ptr<buffer_pool> pool_ = std::make_shared<buffer_pool>(1U << 20U);
    std::shared_ptr<keeping_device> device_ = std::make_shared<keeping_device>();
    hub hub_{{}};
    std::deque<std::shared_ptr<virtio::detail::link>> waiting_;
    hub::clock::time_point now_{};
};

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    input from(std::as_bytes(std::span(bytes, size)));
    world all;
    if (from.number() % 4 != 0) {
        all.set_up();
    }
    while (!from.empty()) {
        switch (from.number() % 8) {
        case 0:
            all.send(from);
            break;
        case 1:
        case 2:
        case 3:
            all.request_one(from);
            break;
        case 4:
            all.end_one(from);
            break;
        case 5:
            all.pump(from.number());
            break;
        case 6:
            all.change();
            break;
        default:
            all.lose();
            break;
        }
    }
    all.pump(1000);
    return 0;
}
