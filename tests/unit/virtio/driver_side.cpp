// SPDX-License-Identifier: MIT
#include "driver_side.hpp"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>
#include <linux/virtio_config.h>

namespace libargo::virtio::test {

using namespace detail;

bytes text_bytes(std::string_view text) {
    const auto view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
}

bytes filled(std::size_t size, unsigned value) {
    bytes made;
    made.assign(size, static_cast<std::byte>(value));
    return made;
}

driver_side::driver_side(hub& other, port_t at, domid_t own) : hub_(&other), port_(at), domid_(own) {}

void driver_side::send(message_type type, const bytes& message, port_t from) {
    static const auto pool = std::make_shared<buffer_pool>(1U << 20U);
    received made{.memory = pool->take(message.size()), .size = message.size()};
    std::copy(message.begin(), message.end(), made.memory.bytes().begin());
    hub_->receive(port_, {domid_, from}, type, made, now);
}

void driver_side::pump() {
    hub_->collect();
    for (const auto& to : hub_->take_ready()) {
        while (to->has_output()) {
            const auto message = hub_->next(*to, 16);
            if (to->peer() == address{domid_, ARGO_PORT_VIRTIO_DRIVER}) {
                receive(message);
            }
        }
        hub_->sent_all(to);
    }
}

void driver_side::receive(const outgoing& message) {
    bytes whole;
    for (const auto piece : message.pieces) {
        whole.insert(whole.end(), piece.begin(), piece.end());
    }
    ASSERT_LE(whole.size(), ring);
    ASSERT_LE(message.pieces.size(), 16U);
    if (message.type == control_type) {
        receive_control(whole);
    } else {
        ASSERT_EQ(message.type, data_type);
        ++data_messages;
        receive_used(whole);
    }
}

void driver_side::receive_control(const bytes& message) {
    const auto got = parse_control(message);
    ASSERT_TRUE(got);
    const bytes payload(got->payload.begin(), got->payload.end());
    if (got->response) {
        ASSERT_NE(got->token, 0);
        responses_[got->token] = payload;
    } else {
        ASSERT_EQ(got->token, 0);
        events.push_back(*got);
        events.back().payload = {};
        event_payloads.push_back(payload);
    }
}

void driver_side::receive_used(const bytes& message) {
    record_reader records(message);
    while (const auto header = records.next()) {
        ASSERT_EQ(header->op, static_cast<std::uint8_t>(operation::used));
        const auto found = pending_.find({header->queue, header->id});
        ASSERT_NE(found, pending_.end()) << "an answer to what is not outstanding";
        pending& chain = found->second;
        if (header->length != 0) {
            ASSERT_GE(header->offset, chain.filled);
            ASSERT_LE(header->offset + header->length, chain.room);
            const auto payload = records.payload();
            std::copy(payload.begin(), payload.end(), chain.content.begin() + header->offset);
            chain.filled = header->offset + header->length;
        }
        if (header->has_more()) {
            ASSERT_FALSE(header->has_failed());
            continue;
        }
        ASSERT_LE(header->in, chain.room);
        used_.push_back({.id = header->id,
                         .epoch = header->epoch,
                         .used = header->in,
                         .failed = header->has_failed(),
                         .room = std::move(chain.content)});
        pending_.erase(found);
    }
    ASSERT_TRUE(records.is_at_end());
}

std::uint16_t driver_side::begin(bool of_bus, std::uint8_t id, std::uint16_t device, const bytes& payload) {
    control_writer out({.of_bus = of_bus, .id = id, .device = device, .token = ++token_});
    send(control_type, out.add(payload).take());
    return token_;
}

std::optional<bytes> driver_side::response(std::uint16_t token) {
    pump();
    const auto found = responses_.find(token);
    return found == responses_.end() ? std::nullopt : std::optional(std::move(found->second));
}

std::optional<bytes> driver_side::ask(bus_message what, const bytes& payload) {
    return response(begin(true, static_cast<std::uint8_t>(what), 0, payload));
}

std::optional<bytes> driver_side::ask(device_message what, std::uint16_t device, const bytes& payload) {
    return response(begin(false, static_cast<std::uint8_t>(what), device, payload));
}

bool driver_side::hello() {
    bytes payload(8);
    store(payload, 0, std::uint32_t{1});
    store(payload, 4, std::uint32_t{ring});
    pending_.clear();
    const auto answered = ask(bus_message::hello, payload);
    return answered && answered->size() == 32 && load<std::uint32_t>(*answered, 0) == 1;
}

std::uint32_t driver_side::set_status(std::uint16_t device, std::uint32_t status) {
    bytes payload(4);
    store(payload, 0, status);
    const auto answered = ask(device_message::set_device_status, device, payload);
    return answered && answered->size() == 4 ? load<std::uint32_t>(*answered, 0) : 0xffffffffU;
}

void driver_side::set_features(std::uint16_t device, std::uint64_t features) {
    bytes payload(16);
    store(payload, 4, std::uint32_t{2});
    store(payload, 8, features);
    EXPECT_TRUE(ask(device_message::set_driver_features, device, payload));
}

void driver_side::set_queue(std::uint16_t device, std::uint32_t queue, std::uint32_t size) {
    bytes payload(40);
    store(payload, 0, queue);
    store(payload, 8, size);
    EXPECT_TRUE(ask(device_message::set_vqueue, device, payload));
}

void driver_side::set_up(std::uint16_t device, std::uint64_t features, std::uint32_t queues) {
    EXPECT_TRUE(hello());
    EXPECT_EQ(set_status(device, 0), 0U);
    set_features(device, features | (std::uint64_t{1} << VIRTIO_F_VERSION_1));
    EXPECT_EQ(set_status(device, 11), 11U);
    for (std::uint32_t i = 0; i < queues; ++i) {
        set_queue(device, i, 8);
    }
    EXPECT_EQ(set_status(device, 15), 15U);
}

void driver_side::request(std::uint16_t device, std::uint16_t id, const bytes& readable, std::uint32_t room,
                          std::uint16_t queue) {
    send_records({{{.op = static_cast<std::uint8_t>(operation::request),
                    .device = device,
                    .queue = queue,
                    .id = id,
                    .epoch = epoch,
                    .in = room},
                   readable}});
}

void driver_side::send_records(const std::vector<std::pair<record, bytes>>& records) {
    bytes message;
    for (auto [header, payload] : records) {
        header.length = static_cast<std::uint32_t>(payload.size());
        const auto head = to_bytes(header);
        message.insert(message.end(), head.begin(), head.end());
        message.insert(message.end(), payload.begin(), payload.end());
        if (header.in != 0 && header.offset == 0) {
            pending_[{header.queue, header.id}] = {.room = header.in, .content = filled(header.in, 0xee)};
        }
    }
    send(data_type, message);
}

std::optional<used_chain> driver_side::take_used() {
    if (used_.empty()) {
        return std::nullopt;
    }
    auto taken = std::move(used_.front());
    used_.pop_front();
    return taken;
}

std::optional<used_chain> driver_side::answer() {
    pump();
    return take_used();
}

void kept_device::read_config(std::size_t offset, std::span<std::byte> into) const {
    std::copy_n(config.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
}

bool kept_device::write_config(std::size_t offset, std::span<const std::byte> from) {
    std::copy(from.begin(), from.end(), config.begin() + static_cast<std::ptrdiff_t>(offset));
    return true;
}

} // namespace libargo::virtio::test
