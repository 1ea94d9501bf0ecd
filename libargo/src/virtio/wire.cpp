// SPDX-License-Identifier: MIT
#include <libargo/virtio/detail/wire.hpp>

#include <algorithm>
#include <utility>

namespace libargo::virtio::detail {
namespace {

constexpr std::uint8_t type_response = 1U << 0U;
constexpr std::uint8_t type_bus = 1U << 1U;
constexpr std::size_t size_at = 6;

} // namespace

std::optional<control> parse_control(std::span<const std::byte> message) {
    if (message.size() < control_header || message.size() > control_header + max_control_payload ||
        load<std::uint16_t>(message, size_at) != message.size()) {
        return std::nullopt;
    }
    const auto type = load<std::uint8_t>(message, 0);
    if ((type & ~(type_response | type_bus)) != 0) {
        return std::nullopt;
    }
    return control{.response = (type & type_response) != 0,
                   .of_bus = (type & type_bus) != 0,
                   .id = load<std::uint8_t>(message, 1),
                   .device = load<std::uint16_t>(message, 2),
                   .token = load<std::uint16_t>(message, 4),
                   .payload = message.subspan(control_header)};
}

control_writer::control_writer(const control& header) : bytes_(control_header) {
    const auto type =
        static_cast<std::uint8_t>((header.response ? type_response : 0U) | (header.of_bus ? type_bus : 0U));
    store(bytes_, 0, type);
    store(bytes_, 1, header.id);
    store(bytes_, 2, header.device);
    store(bytes_, 4, header.token);
    add(header.payload);
}

control_writer& control_writer::add(std::span<const std::byte> value) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + value.size());
    std::copy(value.begin(), value.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    return *this;
}

std::vector<std::byte> control_writer::take() {
    store(bytes_, size_at, static_cast<std::uint16_t>(bytes_.size()));
    return std::move(bytes_);
}

record_bytes to_bytes(const record& header) noexcept {
    record_bytes bytes{};
    store(bytes, 0, header.op);
    store(bytes, 1, header.flags);
    store(bytes, 2, header.device);
    store(bytes, 4, header.queue);
    store(bytes, 6, header.id);
    store(bytes, 8, header.epoch);
    store(bytes, 12, header.length);
    store(bytes, 16, header.in);
    store(bytes, 20, header.offset);
    return bytes;
}

std::optional<record> record_reader::next() noexcept {
    const auto rest = message_.subspan(at_);
    if (rest.size() < record_header) {
        return std::nullopt;
    }
    const record found{.op = load<std::uint8_t>(rest, 0),
                       .flags = load<std::uint8_t>(rest, 1),
                       .device = load<std::uint16_t>(rest, 2),
                       .queue = load<std::uint16_t>(rest, 4),
                       .id = load<std::uint16_t>(rest, 6),
                       .epoch = load<std::uint32_t>(rest, 8),
                       .length = load<std::uint32_t>(rest, 12),
                       .in = load<std::uint32_t>(rest, 16),
                       .offset = load<std::uint32_t>(rest, 20)};
    if (found.length > rest.size() - record_header) {
        return std::nullopt;
    }
    payload_ = rest.subspan(record_header, found.length);
    at_ += record_header + found.length;
    return found;
}

} // namespace libargo::virtio::detail
