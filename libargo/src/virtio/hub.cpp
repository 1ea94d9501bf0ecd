// SPDX-License-Identifier: MIT
#include <libargo/virtio/detail/hub.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include <linux/virtio_config.h>

namespace libargo::virtio::detail {
namespace {

constexpr std::chrono::seconds refusal_interval{1};
/// Strangers of which is remembered when they were told. Beyond, the oldest ones are told again early.
constexpr std::size_t most_refused = 1024;
constexpr std::size_t bits_of_byte = 8;
/// A domain can cause so many lines of the log in that time.
constexpr unsigned most_lines = 20;
constexpr std::chrono::seconds log_interval{5};

[[nodiscard]] std::string name_of(domid_t domid, std::uint16_t number) {
    return "device " + libargo::to_string(domid) + ":" + std::to_string(number);
}

[[nodiscard]] std::string name_of(const link& which) {
    return "domain " + libargo::to_string(which.domid()) + ", port " + std::to_string(which.port());
}

} // namespace

hub::hub(settings chosen) : settings_(std::move(chosen)), completions_(std::make_shared<completions>(settings_.wake)) {
    ports_[ARGO_PORT_VIRTIO_BUS] = min_payload;
}

hub::~hub() {
    completions_->close();
    for (const auto& [where, one] : links_) {
        one->forget();
    }
}

void hub::say(domid_t about, severity how, const std::string& text) {
    if (!settings_.log) {
        return;
    }
    budget& left = budgets_[about];
    const auto now = clock::now();
    if (now - left.since >= log_interval) {
        if (left.left_out != 0) {
            settings_.log(severity::warning, "domain " + libargo::to_string(about) + ": " +
                                                 std::to_string(left.left_out) + " lines were left out");
        }
        left = {.since = now};
    }
    if (left.lines == most_lines) {
        ++left.left_out;
        return;
    }
    ++left.lines;
    settings_.log(how, text);
}

void hub::set_port(port_t port, std::size_t largest) { ports_[port] = largest; }

std::shared_ptr<link> hub::find(domid_t domid, port_t port) const {
    const auto found = links_.find({domid, port});
    return found == links_.end() ? nullptr : found->second;
}

std::shared_ptr<link> hub::obtain(domid_t domid, port_t port) {
    auto& entry = links_[{domid, port}];
    if (entry == nullptr) {
        entry = std::make_shared<link>(domid, port);
    }
    return entry;
}

const std::shared_ptr<attachment>* hub::find_device(domid_t domid, std::uint16_t number, port_t* port) const {
    for (auto entry = links_.lower_bound({domid, 0}); entry != links_.end() && entry->first.first == domid; ++entry) {
        const auto found = entry->second->devices.find(number);
        if (found != entry->second->devices.end()) {
            *port = entry->first.second;
            return &found->second;
        }
    }
    return nullptr;
}

bool hub::has_devices(domid_t domid) const {
    for (auto entry = links_.lower_bound({domid, 0}); entry != links_.end() && entry->first.first == domid; ++entry) {
        if (!entry->second->devices.empty()) {
            return true;
        }
    }
    return false;
}

bool hub::has_devices_at(domid_t domid, port_t port) const {
    const auto there = find(domid, port);
    return port == ARGO_PORT_VIRTIO_BUS ? has_devices(domid) : there != nullptr && !there->devices.empty();
}

bool hub::is_congested(domid_t domid, port_t port) const {
    const auto there = find(domid, port);
    return there != nullptr && std::any_of(there->devices.begin(), there->devices.end(),
                                           [](const auto& entry) { return entry.second->is_congested(); });
}

std::shared_ptr<buffer_pool> hub::pool_of(domid_t domid) {
    auto pool = pools_[domid].lock();
    if (pool == nullptr) {
        pool = std::make_shared<buffer_pool>(settings_.kept_for_domain);
        pools_[domid] = pool;
    }
    return pool;
}

void hub::add(domid_t domid, std::uint16_t number, port_t port, std::shared_ptr<device> what) {
    port_t other = 0;
    if (number == 0 || number >= end_of_devices) {
        throw std::invalid_argument(name_of(domid, number) + ": device numbers are from 1 to 255");
    }
    if (find_device(domid, number, &other) != nullptr) {
        throw std::invalid_argument(name_of(domid, number) + " is there already, at port " + std::to_string(other));
    }
    if (port == ARGO_PORT_VIRTIO_BUS) {
        throw std::invalid_argument(name_of(domid, number) + ": port " + std::to_string(port) + " is the bus's");
    }
    const auto made = std::make_shared<attachment>(number, std::move(what), completions_, pool_of(domid));
    made->listen();
    const auto where = obtain(domid, port);
    made->put_on(where);
    where->devices.emplace(number, made);
    const auto bus = obtain(domid, ARGO_PORT_VIRTIO_BUS);
    if (bus->greeted()) {
        bus->announce(number, presence::ready);
    } else {
        bus->announce_lost();
    }
    offer(bus);
}

bool hub::remove(domid_t domid, std::uint16_t number) {
    port_t port = 0;
    if (find_device(domid, number, &port) == nullptr) {
        return false;
    }
    find(domid, port)->drop(number);
    if (const auto bus = find(domid, ARGO_PORT_VIRTIO_BUS); bus != nullptr && bus->greeted()) {
        bus->announce(number, presence::removed);
        offer(bus);
    }
    return true;
}

void hub::offer(const std::shared_ptr<link>& what) {
    if (!what->queued && what->has_output()) {
        what->queued = true;
        ready_.push_back(what);
    }
}

std::vector<std::shared_ptr<link>> hub::take_ready() { return std::exchange(ready_, {}); }

std::vector<std::shared_ptr<link>> hub::idle_links() const {
    std::vector<std::shared_ptr<link>> found;
    for (const auto& [where, one] : links_) {
        if (one->greeted() && !one->queued) {
            found.push_back(one);
        }
    }
    return found;
}

outgoing hub::next(link& to, std::size_t most_pieces) {
    auto made = to.next(most_pieces);
    ++counters_.messages_sent;
    counters_.answers += made.answers;
    return made;
}

void hub::sent_all(const std::shared_ptr<link>& to) {
    to->queued = false;
    offer(to);
    // A link that was there for one response only.
    if (!to->queued && !to->greeted() && to->devices.empty()) {
        links_.erase({to->domid(), to->port()});
    }
}

void hub::lost(const std::shared_ptr<link>& to) {
    to->forget();
    sent_all(to);
}

void hub::receive(port_t port, const address& source, message_type type, received& message, clock::time_point now) {
    ++counters_.messages_received;
    const bool is_from_driver = source.port == ARGO_PORT_VIRTIO_DRIVER;
    if (is_from_driver && type == control_type) {
        receive_control(source.domid, port, message.bytes(), now);
    } else if (is_from_driver && type == data_type && port != ARGO_PORT_VIRTIO_BUS) {
        receive_records(source.domid, port, message, now);
    } else {
        ++counters_.foreign;
    }
}

void hub::receive_control(domid_t domid, port_t port, std::span<const std::byte> message, clock::time_point now) {
    const auto asked = parse_control(message);
    if (!asked) {
        ++(message.size() < control_header ? counters_.foreign : counters_.senseless);
        return;
    }
    if (asked->response || asked->token == 0) {
        ++counters_.senseless;
        return;
    }
    if (asked->is(bus_message::hello)) {
        hello(domid, port, *asked);
        return;
    }
    const auto from = find(domid, port);
    if (from == nullptr || !from->greeted()) {
        refuse_stranger(domid, port, now);
    } else if (from->is_fenced()) {
        ++counters_.senseless; // the driver side has not waited for its HELLO
    } else if (asked->of_bus) {
        answer_bus(from, *asked);
    } else {
        answer_device(from, *asked);
    }
}

void hub::refuse_stranger(domid_t domid, port_t port, clock::time_point now) {
    ++counters_.strangers;
    const auto found = refused_.find({domid, port});
    if (found != refused_.end() && now - found->second < refusal_interval) {
        return;
    }
    if (refused_.size() >= most_refused) {
        std::erase_if(refused_, [now](const auto& entry) { return now - entry.second >= refusal_interval; });
        if (refused_.size() >= most_refused) {
            return;
        }
    }
    refused_[{domid, port}] = now;
    const auto to = obtain(domid, port);
    to->announce_lost();
    offer(to);
}

void hub::hello(domid_t domid, port_t port, const control& asked) {
    if (asked.payload.size() < 8 || load<std::uint32_t>(asked.payload, 0) == 0) {
        ++counters_.senseless;
        return;
    }
    const auto largest = load<std::uint32_t>(asked.payload, 4);
    if (largest < min_payload) {
        ++counters_.senseless;
        return;
    }
    const auto from = obtain(domid, port);
    const bool known = from->is_bus() ? has_devices(domid) : !from->devices.empty();
    if (!known) {
        from->forget();
        control_writer out({.response = true, .of_bus = true, .id = asked.id, .token = asked.token});
        constexpr std::array<std::byte, 16> no_instance{};
        out.add(std::uint32_t{0}).add(std::uint32_t{0}).add(std::uint32_t{0}).add(std::uint32_t{0}).add(no_instance);
        respond(from, out.take());
        return;
    }
    if (!from->greeted()) {
        say(domid, severity::info, name_of(*from) + ": the driver side is here");
    }
    from->greet(asked.token, largest);
    answer_hello(from);
}

void hub::answer_hello(const std::shared_ptr<link>& to) {
    const auto token = to->take_hello();
    if (!token) {
        return;
    }
    const std::size_t largest = ports_.contains(to->port()) ? ports_.at(to->port()) : min_payload;
    std::size_t max_chain = to->is_bus() ? largest : 0; // no chain comes to the bus
    const link_limits limits{.request = largest - record_header, .answer = to->largest() - record_header};
    for (const auto& [number, one] : to->devices) {
        max_chain = std::max(max_chain, one->description().max_chain);
        one->what().linked(limits);
    }
    control_writer out(
        {.response = true, .of_bus = true, .id = static_cast<std::uint8_t>(bus_message::hello), .token = *token});
    out.add(protocol_version)
        .add(static_cast<std::uint32_t>(largest))
        .add(static_cast<std::uint32_t>(max_chain))
        .add(std::uint32_t{0})
        .add(settings_.instance);
    respond(to, out.take());
}

void hub::respond(const std::shared_ptr<link>& to, std::vector<std::byte> message) {
    if (!to->respond(std::move(message))) {
        ++counters_.unread;
    }
    offer(to);
}

void hub::answer_bus(const std::shared_ptr<link>& to, const control& asked) {
    std::optional<control_writer> made;
    if (asked.is(bus_message::ping) && asked.payload.size() >= 4) {
        made.emplace(control{.response = true, .of_bus = true, .id = asked.id, .token = asked.token})
            .add(asked.payload.first(4));
    } else if (to->is_bus() && asked.is(bus_message::get_devices)) {
        made = get_devices(to->domid(), asked);
    } else if (to->is_bus() && asked.is(bus_message::locate)) {
        made = locate(to->domid(), asked);
    }
    if (made) {
        respond(to, made->take());
    } else {
        ++counters_.senseless;
    }
}

std::optional<control_writer> hub::get_devices(domid_t domid, const control& asked) const {
    if (asked.payload.size() < 4) {
        return std::nullopt;
    }
    const auto offset = load<std::uint16_t>(asked.payload, 0);
    const auto wanted = load<std::uint16_t>(asked.payload, 2);
    if (offset % bits_of_byte != 0 || wanted % bits_of_byte != 0) {
        return std::nullopt;
    }
    const std::size_t most = end_of_devices - std::min<std::size_t>(offset, end_of_devices);
    const std::size_t count = std::min<std::size_t>(wanted, most);
    std::vector<std::byte> bits(count / bits_of_byte);
    for (std::size_t i = 0; i < count; ++i) {
        port_t port = 0;
        if (find_device(domid, static_cast<std::uint16_t>(offset + i), &port) != nullptr) {
            bits[i / bits_of_byte] |= std::byte{1} << (i % bits_of_byte);
        }
    }
    const std::size_t next = offset + count < end_of_devices ? offset + count : 0;
    control_writer out({.response = true, .of_bus = true, .id = asked.id, .token = asked.token});
    return out.add(offset).add(static_cast<std::uint16_t>(count)).add(static_cast<std::uint16_t>(next)).add(bits);
}

std::optional<control_writer> hub::locate(domid_t domid, const control& asked) const {
    if (asked.payload.size() < 2) {
        return std::nullopt;
    }
    const auto number = load<std::uint16_t>(asked.payload, 0);
    port_t port = 0;
    static_cast<void>(find_device(domid, number, &port));
    control_writer out({.response = true, .of_bus = true, .id = asked.id, .token = asked.token});
    return out.add(number).add(std::uint16_t{0}).add(port);
}

void hub::answer_device(const std::shared_ptr<link>& to, const control& asked) {
    const auto found = to->devices.find(asked.device);
    if (found == to->devices.end()) {
        if (!asked.is(device_message::get_device_info)) {
            ++counters_.senseless;
            return;
        }
        control_writer none({.response = true, .id = asked.id, .device = asked.device, .token = asked.token});
        constexpr std::array<std::byte, 24> zeroes{};
        respond(to, none.add(zeroes).take());
        return;
    }
    attachment& target = *found->second;
    const std::uint32_t before = target.status();
    auto reply = target.answer(asked);
    if (!reply.makes_sense) {
        ++counters_.senseless;
        return;
    }
    if (target.status() != before) {
        if (target.status() == 0) {
            counters_.stale += to->drop_stale();
            say(to->domid(), severity::info, name_of(to->domid(), asked.device) + ": reset");
        } else if ((target.status() & ~before & VIRTIO_CONFIG_S_DRIVER_OK) != 0) {
            say(to->domid(), severity::info, name_of(to->domid(), asked.device) + ": its driver is ready");
        } else if ((target.status() & ~before & VIRTIO_CONFIG_S_FAILED) != 0) {
            say(to->domid(), severity::warning, name_of(to->domid(), asked.device) + ": its driver has given up");
        }
    }
    if (!reply.response.empty()) {
        respond(to, std::move(reply.response));
    }
}

void hub::receive_records(domid_t domid, port_t port, received& message, clock::time_point now) {
    const auto from = find(domid, port);
    if (from == nullptr || !from->greeted()) {
        refuse_stranger(domid, port, now);
        return;
    }
    if (from->is_fenced()) {
        ++counters_.not_set_up;
        return;
    }
    record_reader records(message.bytes());
    while (const auto header = records.next()) {
        if (header->op != static_cast<std::uint8_t>(operation::request)) {
            ++counters_.foreign;
            return;
        }
        const bool alone = records.payload_at() == record_header && records.is_at_end();
        receive_record(from, *header, records.payload(), message, alone);
        if (alone) {
            return; // the message's memory may be the chain's now
        }
    }
    if (!records.is_at_end()) {
        ++counters_.foreign;
    }
}

void hub::receive_record(const std::shared_ptr<link>& from, const record& header, std::span<const std::byte> payload,
                         received& message, bool alone) {
    const auto found = from->devices.find(header.device);
    if (found == from->devices.end()) {
        ++counters_.not_set_up;
        return;
    }
    const auto target = found->second;
    attachment::taken became;
    try {
        became = target->take(header, payload, message, alone);
    } catch (const std::exception& error) {
        // The request is gone, and so has failed.
        say(from->domid(), severity::error,
            name_of(from->domid(), header.device) + ": a request failed: " + error.what());
        became.what = outcome::handed;
    }
    switch (became.what) {
    case outcome::handed:
        ++counters_.requests;
        break;
    case outcome::unfinished:
        break;
    case outcome::too_large:
        ++counters_.failed;
        if (became.answer != nullptr) {
            from->answer(std::move(became.answer));
            offer(from);
        }
        break;
    case outcome::not_set_up:
        ++counters_.not_set_up;
        break;
    case outcome::overrun:
        ++counters_.overrun;
        break;
    case outcome::breach:
        ++counters_.breaches;
        say(from->domid(), severity::warning,
            name_of(from->domid(), header.device) +
                ": the driver side broke the protocol (a request out of order, or with an id that is "
                "in use); the device needs a reset");
        from->announce_config(header.device);
        offer(from);
        break;
    }
}

void hub::collect() {
    auto news = completions_->take();
    for (auto& one : news.finished) {
        const auto owner = one->owner.lock();
        counters_.failed += one->failed ? 1U : 0U;
        const auto to = owner == nullptr ? nullptr : owner->where();
        if (to == nullptr) {
            ++counters_.stale; // the device was removed
            continue;
        }
        const bool wants_answer = one->room_size != 0;
        auto answer = owner->finished(std::move(one));
        counters_.stale += wants_answer && answer == nullptr ? 1U : 0U;
        if (answer != nullptr) {
            to->answer(std::move(answer));
            offer(to);
        }
        end_fences(to);
    }
    for (const auto& weak : news.changed) {
        if (const auto owner = weak.lock()) {
            owner->bump_generation();
            if (const auto to = owner->where(); to != nullptr && to->greeted()) {
                to->announce_config(owner->number());
                offer(to);
            }
        }
    }
}

void hub::end_fences(const std::shared_ptr<link>& of) {
    if (of->is_fenced()) {
        answer_hello(of);
    }
    for (const auto& [number, one] : of->devices) {
        if (auto late = one->answer_later()) {
            respond(of, std::move(*late));
        }
    }
}

} // namespace libargo::virtio::detail
