// SPDX-License-Identifier: MIT
#include <libargo/virtio/detail/attachment.hpp>

#include <algorithm>
#include <new>
#include <utility>

#include <linux/virtio_config.h>

namespace libargo::virtio::detail {
namespace {

constexpr std::uint32_t feature_bits = 64;
constexpr std::uint32_t block_bits = 32;
/// Of a hop, not of a device: what the library or the driver side's transport decides.
constexpr std::uint64_t hop_features =
    ((std::uint64_t{1} << VIRTIO_TRANSPORT_F_END) - 1) & ~((std::uint64_t{1} << VIRTIO_TRANSPORT_F_START) - 1);
constexpr std::uint64_t version_1 = std::uint64_t{1} << VIRTIO_F_VERSION_1;
constexpr std::uint64_t access_platform = std::uint64_t{1} << VIRTIO_F_ACCESS_PLATFORM;

/// Payloads from here on stay where they were received. A smaller one is copied, since its message's memory is large.
constexpr std::size_t worth_keeping = 8192;

constexpr std::size_t queue_message = 40;

/// Chains without room that a device may have beyond the size of a queue: those of the message after which no more are
/// read.
constexpr std::size_t most_beyond = 256;

[[nodiscard]] std::uint32_t block_of(std::uint64_t features, std::uint32_t block) noexcept {
    return block < feature_bits / block_bits ? static_cast<std::uint32_t>(features >> (block * block_bits)) : 0;
}

} // namespace

attachment::attachment(std::uint16_t number, std::shared_ptr<device> what, std::shared_ptr<completions> home,
                       std::shared_ptr<buffer_pool> pool)
    : number_(number), device_(std::move(what)), home_(std::move(home)), pool_(std::move(pool)),
      description_(device_->describe()), queues_(description_.queue_sizes.size()) {
    description_.features = (description_.features & ~hop_features) | version_1 | access_platform;
}

attachment::~attachment() { device_access::on_config_change(*device_, {}); }

void attachment::listen() {
    device_access::on_config_change(*device_, [home = home_, self = weak_from_this()] { home->config_changed(self); });
}

attachment::reply attachment::answer(const control& asked) {
    if (reset_token_ && !asked.is(device_message::set_device_status)) {
        return {.makes_sense = false}; // the driver side has not waited for its reset
    }
    auto made = respond(asked);
    if (!made) {
        return {.makes_sense = reset_token_ == asked.token};
    }
    return {.response = made->take()};
}

attachment::response attachment::respond(const control& asked) {
    control_writer out({.response = true, .id = asked.id, .device = asked.device, .token = asked.token});
    switch (static_cast<device_message>(asked.id)) {
    case device_message::get_device_info:
        return get_info(std::move(out));
    case device_message::get_device_features:
        return get_features(std::move(out), asked.payload);
    case device_message::set_driver_features:
        return set_features(std::move(out), asked.payload);
    case device_message::get_config:
        return get_config(std::move(out), asked.payload);
    case device_message::set_config:
        return set_config(std::move(out), asked.payload);
    case device_message::get_device_status:
        return out.add(status_);
    case device_message::set_device_status:
        return set_status(std::move(out), asked);
    case device_message::get_vqueue:
        return get_queue(std::move(out), asked.payload);
    case device_message::set_vqueue:
        return set_queue(std::move(out), asked.payload);
    case device_message::event_config:
        break;
    }
    return std::nullopt;
}

attachment::response attachment::get_info(control_writer out) const {
    return out.add(description_.id)
        .add(description_.vendor)
        .add(feature_bits)
        .add(static_cast<std::uint32_t>(description_.config_size))
        .add(static_cast<std::uint32_t>(queues_.size()))
        .add(std::uint32_t{0});
}

attachment::response attachment::get_features(control_writer out, std::span<const std::byte> asked) const {
    if (asked.size() < 8) {
        return std::nullopt;
    }
    const auto first = load<std::uint32_t>(asked, 0);
    const auto count = load<std::uint32_t>(asked, 4);
    if (count > (max_control_payload - 8) / 4) {
        return std::nullopt;
    }
    out.add(first).add(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        out.add(first > feature_bits ? 0 : block_of(description_.features, first + i));
    }
    return out;
}

attachment::response attachment::set_features(control_writer out, std::span<const std::byte> asked) {
    if (asked.size() < 8 || (status_ & VIRTIO_CONFIG_S_FEATURES_OK) != 0) {
        return std::nullopt;
    }
    const auto first = load<std::uint32_t>(asked, 0);
    const auto count = load<std::uint32_t>(asked, 4);
    if (count > (max_control_payload - 8) / 4 || asked.size() - 8 < count * std::size_t{4}) {
        return std::nullopt;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint64_t bits = load<std::uint32_t>(asked, 8 + i * std::size_t{4});
        const std::uint64_t block = std::uint64_t{first} + i;
        if (block < feature_bits / block_bits) {
            accepted_ &= ~(std::uint64_t{0xffffffff} << (block * block_bits));
            accepted_ |= bits << (block * block_bits);
        } else if (bits != 0) {
            return std::nullopt; // features that no device here offers
        }
    }
    return out;
}

attachment::response attachment::get_config(control_writer out, std::span<const std::byte> asked) const {
    if (asked.size() < 8) {
        return std::nullopt;
    }
    const auto offset = load<std::uint32_t>(asked, 0);
    const auto size = load<std::uint32_t>(asked, 4);
    if (offset > description_.config_size || size > description_.config_size - offset ||
        size > max_control_payload - 12) {
        return std::nullopt;
    }
    std::vector<std::byte> bytes(size);
    device_->read_config(offset, bytes);
    return out.add(generation_).add(offset).add(size).add(bytes);
}

attachment::response attachment::set_config(control_writer out, std::span<const std::byte> asked) {
    if (asked.size() < 12) {
        return std::nullopt;
    }
    const auto generation = load<std::uint32_t>(asked, 0);
    const auto offset = load<std::uint32_t>(asked, 4);
    const auto size = load<std::uint32_t>(asked, 8);
    if (size != asked.size() - 12 || offset > description_.config_size || size > description_.config_size - offset) {
        return std::nullopt;
    }
    const bool accepted = generation == generation_ && device_->write_config(offset, asked.subspan(12));
    std::vector<std::byte> bytes(accepted ? size : 0);
    device_->read_config(offset, bytes);
    return out.add(generation_).add(offset).add(static_cast<std::uint32_t>(bytes.size())).add(bytes);
}

attachment::response attachment::set_status(control_writer out, const control& asked) {
    if (asked.payload.size() < 4) {
        return std::nullopt;
    }
    const auto wanted = load<std::uint32_t>(asked.payload, 0);
    if (wanted == 0) {
        reset();
        if (in_progress_ != 0) {
            reset_token_ = asked.token;
            return std::nullopt;
        }
        return out.add(status_);
    }
    if (reset_token_) {
        return std::nullopt;
    }
    const std::uint32_t before = status_;
    std::uint32_t now = wanted | (before & VIRTIO_CONFIG_S_NEEDS_RESET);
    const bool acceptable = (accepted_ & ~description_.features & ~hop_features) == 0 && (accepted_ & version_1) != 0;
    if ((now & VIRTIO_CONFIG_S_FEATURES_OK) != 0 && !acceptable) {
        now &= ~std::uint32_t{VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK};
    }
    if ((now & VIRTIO_CONFIG_S_FEATURES_OK) == 0) {
        now &= ~std::uint32_t{VIRTIO_CONFIG_S_DRIVER_OK};
    }
    status_ = now;
    if ((now & ~before & VIRTIO_CONFIG_S_FEATURES_OK) != 0) {
        device_->start(accepted_ & description_.features);
    }
    return out.add(status_);
}

attachment::response attachment::get_queue(control_writer out, std::span<const std::byte> asked) const {
    if (asked.size() < 4) {
        return std::nullopt;
    }
    const auto index = load<std::uint32_t>(asked, 0);
    const bool exists = index < queues_.size();
    const std::uint32_t largest = exists ? description_.queue_sizes[index] : 0;
    const std::uint32_t size = exists ? queues_[index].size : 0;
    out.add(index).add(largest).add(size).add(std::uint32_t{0});
    return out.add(std::uint64_t{0}).add(std::uint64_t{0}).add(std::uint64_t{0});
}

attachment::response attachment::set_queue(control_writer out, std::span<const std::byte> asked) {
    if (asked.size() < queue_message) {
        return std::nullopt;
    }
    const auto index = load<std::uint32_t>(asked, 0);
    const auto size = load<std::uint32_t>(asked, 8);
    if (index >= queues_.size() || size == 0 || size > description_.queue_sizes[index]) {
        return std::nullopt;
    }
    queue& target = queues_[index];
    if (target.size != 0 && target.size != size) {
        return std::nullopt; // a size changes with a reset only
    }
    target.size = static_cast<std::uint16_t>(size);
    target.outstanding.resize(size);
    return out;
}

std::optional<std::vector<std::byte>> attachment::answer_later() {
    if (!reset_token_ || in_progress_ != 0) {
        return std::nullopt;
    }
    const auto id = static_cast<std::uint8_t>(device_message::set_device_status);
    control_writer out({.response = true, .id = id, .device = number_, .token = *std::exchange(reset_token_, {})});
    return out.add(status_).take();
}

bool attachment::is_too_large(std::size_t readable, std::size_t room) const noexcept {
    return room > description_.max_chain || readable > description_.max_chain - room;
}

bool attachment::reserve(chain& what, std::size_t size) const noexcept {
    try {
        what.readable_memory = pool_->take(size);
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

std::unique_ptr<chain> attachment::begin(const record& header) const {
    auto made = std::make_unique<chain>();
    made->owner = std::const_pointer_cast<attachment>(shared_from_this());
    made->device = number_;
    made->home = home_;
    made->pool = pool_;
    made->life = life_;
    made->queue = header.queue;
    made->id = header.id;
    made->epoch = header.epoch;
    made->room_size = header.in;
    return made;
}

bool attachment::may_begin(const queue& where, const record& header) const {
    return header.offset == 0 && header.id < where.size && !where.outstanding[header.id];
}

bool attachment::continues(const queue& where, const record& header) const {
    return header.id == where.assembled->id && header.epoch == where.assembled->epoch &&
           header.in == where.assembled->room_size && header.offset == where.gathered;
}

attachment::taken attachment::take(const record& header, std::span<const std::byte> payload, received& message,
                                   bool alone) {
    if ((status_ & VIRTIO_CONFIG_S_FEATURES_OK) == 0 || (status_ & VIRTIO_CONFIG_S_NEEDS_RESET) != 0 ||
        header.queue >= queues_.size() || queues_[header.queue].size == 0) {
        return {.what = outcome::not_set_up};
    }
    queue& where = queues_[header.queue];
    if ((header.flags & ~flag_more) != 0) {
        return breach();
    }
    if (where.assembled != nullptr || header.has_more()) {
        return gather(where, header, payload);
    }
    if (!may_begin(where, header)) {
        return breach();
    }
    auto made = begin(header);
    where.outstanding[header.id] = header.in != 0;
    if (is_too_large(payload.size(), header.in)) {
        return refuse(std::move(made));
    }
    if (alone && payload.size() >= worth_keeping) {
        made->readable_memory = std::move(message.memory);
        made->readable = payload;
    } else if (!payload.empty()) {
        if (!reserve(*made, payload.size())) {
            return refuse(std::move(made));
        }
        std::copy(payload.begin(), payload.end(), made->readable_memory.bytes().begin());
        made->readable = made->readable_memory.bytes().first(payload.size());
    }
    return hand_over(where, std::move(made));
}

attachment::taken attachment::gather(queue& where, const record& header, std::span<const std::byte> payload) {
    if (where.assembled == nullptr) {
        if (!may_begin(where, header)) {
            return breach();
        }
        where.assembled = begin(header);
        where.gathered = 0;
        where.outstanding[header.id] = header.in != 0;
        where.refused =
            is_too_large(payload.size(), header.in) || !reserve(*where.assembled, description_.max_chain - header.in);
    } else if (!continues(where, header)) {
        return breach();
    }
    chain& made = *where.assembled;
    where.refused = where.refused || is_too_large(where.gathered + payload.size(), header.in);
    if (where.refused) {
        made.readable_memory = {};
    } else {
        std::copy(payload.begin(), payload.end(), made.readable_memory.bytes().subspan(where.gathered).begin());
    }
    where.gathered += payload.size();
    if (header.has_more()) {
        return {.what = outcome::unfinished};
    }
    auto whole = std::move(where.assembled);
    if (where.refused) {
        return refuse(std::move(whole));
    }
    whole->readable = made.readable_memory.bytes().first(where.gathered);
    return hand_over(where, std::move(whole));
}

attachment::taken attachment::refuse(std::unique_ptr<chain> what) {
    what->failed = true;
    if (what->room_size == 0) {
        what.reset();
    }
    return {.what = outcome::too_large, .answer = std::move(what)};
}

attachment::taken attachment::hand_over(queue& where, std::unique_ptr<chain> what) {
    if (what->room_size == 0) {
        if (where.silent >= std::size_t{where.size} + most_beyond) {
            return {.what = outcome::overrun};
        }
        ++where.silent;
    }
    ++in_progress_;
    device_->handle(request(std::move(what)));
    return {.what = outcome::handed};
}

bool attachment::is_congested() const noexcept {
    return std::any_of(queues_.begin(), queues_.end(),
                       [](const queue& one) { return one.size != 0 && one.silent >= one.size; });
}

attachment::taken attachment::breach() {
    status_ |= VIRTIO_CONFIG_S_NEEDS_RESET;
    for (queue& one : queues_) {
        one.assembled.reset();
    }
    return {.what = outcome::breach};
}

std::unique_ptr<chain> attachment::finished(std::unique_ptr<chain> what) {
    --in_progress_;
    if (!is_current(*what)) {
        return nullptr;
    }
    if (what->room_size == 0) {
        --queues_[what->queue].silent;
        return nullptr;
    }
    return what;
}

void attachment::answered(const chain& what) noexcept {
    if (is_current(what)) {
        queues_[what.queue].outstanding[what.id] = false;
    }
}

void attachment::reset() {
    ++life_;
    status_ = 0;
    accepted_ = 0;
    reset_token_.reset();
    for (queue& one : queues_) {
        one = queue{};
    }
    device_->reset();
}

std::vector<std::byte> attachment::config_event() const {
    control_writer out({.id = static_cast<std::uint8_t>(device_message::event_config), .device = number_});
    return out.add(status_).add(generation_).add(std::uint32_t{0}).add(std::uint32_t{0}).take();
}

} // namespace libargo::virtio::detail
