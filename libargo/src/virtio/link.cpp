// SPDX-License-Identifier: MIT
#include <libargo/virtio/detail/link.hpp>

#include <algorithm>
#include <utility>

namespace libargo::virtio::detail {
namespace {

/// A driver side has one request on its way at a time; some more may be there after it gave up waiting.
constexpr std::size_t most_responses = 16;

[[nodiscard]] control_writer bus_event(bus_message what) {
    return control_writer({.of_bus = true, .id = static_cast<std::uint8_t>(what)});
}

} // namespace

bool link::is_bus() const noexcept { return port_ == ARGO_PORT_VIRTIO_BUS; }

address link::peer() const noexcept { return {domid_, ARGO_PORT_VIRTIO_DRIVER}; }

void link::forget() {
    greeted_ = false;
    hello_.reset();
    for (const auto& [number, one] : devices) {
        one->reset();
    }
    responses_.clear();
    presences_.clear();
    config_changes_.clear();
    answers_.clear();
    lost_ = false;
}

void link::greet(std::uint16_t token, std::size_t largest) {
    forget();
    greeted_ = true;
    hello_ = token;
    largest_ = largest;
}

std::optional<std::uint16_t> link::take_hello() {
    const bool fenced =
        std::any_of(devices.begin(), devices.end(), [](const auto& entry) { return entry.second->in_progress() != 0; });
    return fenced ? std::nullopt : std::exchange(hello_, std::nullopt);
}

bool link::respond(std::vector<std::byte> message) {
    if (responses_.size() == most_responses) {
        return false;
    }
    responses_.push_back(std::move(message));
    return true;
}

void link::answer(std::unique_ptr<chain> what) { answers_.push_back(std::move(what)); }

void link::announce(std::uint16_t device, presence state) {
    // A device that went and came again is another one: both are told, in that order, and each once.
    std::erase(presences_, std::pair(device, state));
    presences_.emplace_back(device, state);
}

std::size_t link::drop_stale() {
    return std::erase_if(answers_, [](const auto& one) {
        const auto owner = one->owner.lock();
        return owner == nullptr || !owner->is_current(*one);
    });
}

void link::drop(std::uint16_t device) {
    const auto found = devices.find(device);
    if (found != devices.end()) {
        found->second->reset();
        found->second->put_on(nullptr);
        devices.erase(found);
        config_changes_.erase(device);
        drop_stale();
    }
}

bool link::has_output() const noexcept {
    return lost_ || !responses_.empty() || !presences_.empty() || !config_changes_.empty() || !answers_.empty();
}

outgoing link::next(std::size_t most_pieces) {
    if (lost_ || !responses_.empty() || !presences_.empty() || !config_changes_.empty()) {
        return next_control();
    }
    return next_answers(most_pieces);
}

outgoing link::next_control() {
    outgoing made{.type = control_type};
    if (responses_.empty()) {
        made.control = next_event();
    } else {
        made.control = std::move(responses_.front());
        responses_.pop_front();
    }
    made.pieces.emplace_back(made.control);
    return made;
}

std::vector<std::byte> link::next_event() {
    if (std::exchange(lost_, false)) {
        return bus_event(bus_message::event_lost).take();
    }
    if (!presences_.empty()) {
        const auto [device, state] = presences_.front();
        presences_.pop_front();
        return bus_event(bus_message::event_device).add(device).add(static_cast<std::uint16_t>(state)).take();
    }
    const std::uint16_t device = *config_changes_.begin();
    config_changes_.erase(config_changes_.begin());
    return devices.at(device)->config_event();
}

outgoing link::next_answers(std::size_t most_pieces) {
    outgoing made{.type = data_type};
    // The headers must not move once a piece is one of them.
    const std::size_t most_records = std::max<std::size_t>(most_pieces / 2, 1);
    made.headers.reserve(most_records);
    std::size_t left = largest_;
    while (!answers_.empty() && made.headers.size() < most_records && left > record_header) {
        const std::shared_ptr<chain>& next = answers_.front();
        chain& what = *next;
        record header{.op = static_cast<std::uint8_t>(operation::used),
                      .device = what.device,
                      .queue = what.queue,
                      .id = what.id,
                      .epoch = what.epoch};
        std::span<const std::byte> payload;
        if (!what.failed && what.parts_sent < what.written.size()) {
            const part& of = what.written[what.parts_sent];
            const std::size_t size = std::min(of.size - what.bytes_sent, left - record_header);
            header.offset = static_cast<std::uint32_t>(of.offset + what.bytes_sent);
            payload = what.room.bytes().subspan(header.offset, size);
            what.bytes_sent += size;
            if (what.bytes_sent == of.size) {
                ++what.parts_sent;
                what.bytes_sent = 0;
            }
        }
        const bool is_last = what.failed || what.parts_sent == what.written.size();
        header.length = static_cast<std::uint32_t>(payload.size());
        header.flags = static_cast<std::uint8_t>((is_last ? 0U : flag_more) | (what.failed ? flag_failed : 0U));
        header.in = is_last && !what.failed ? what.used : 0;

        made.pieces.emplace_back(made.headers.emplace_back(to_bytes(header)));
        if (!payload.empty()) {
            made.pieces.push_back(payload);
        }
        left -= record_header + payload.size();
        made.chains.push_back(next);
        if (is_last) {
            if (const auto owner = what.owner.lock()) {
                owner->answered(what);
            }
            ++made.answers;
            answers_.pop_front();
        }
    }
    return made;
}

} // namespace libargo::virtio::detail
