// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <libargo/message.hpp>
#include <libargo/virtio/detail/bytes.hpp>

/// The messages of docs/virtio-argo.md. Pure: bytes in, numbers out, and the other way round.
namespace libargo::virtio::detail {

inline constexpr message_type control_type{0x76000001};
inline constexpr message_type data_type{0x76000002};

inline constexpr std::uint32_t protocol_version = 1;
inline constexpr std::size_t control_header = 8;
inline constexpr std::size_t max_control_payload = 256;
/// Device numbers are 1 to 255.
inline constexpr std::uint16_t end_of_devices = 256;
/// Each side's ring takes messages of at least this size.
inline constexpr std::size_t min_payload = 4096;

/// Messages of the bus.
enum class bus_message : std::uint8_t {
    get_devices = 0x02,
    ping = 0x03,
    event_device = 0x40,
    hello = 0x80,
    locate = 0x81,
    event_lost = 0xc0,
};

/// Messages of a device.
enum class device_message : std::uint8_t {
    get_device_info = 0x02,
    get_device_features = 0x03,
    set_driver_features = 0x04,
    get_config = 0x05,
    set_config = 0x06,
    get_device_status = 0x07,
    set_device_status = 0x08,
    get_vqueue = 0x09,
    set_vqueue = 0x0a,
    event_config = 0x40,
};

/// The state in an EVENT_DEVICE.
enum class presence : std::uint16_t { ready = 1, removed = 2 };

/// A control message.
struct control {
    bool response = false;
    bool of_bus = false;
    std::uint8_t id = 0; ///< a bus_message or a device_message
    std::uint16_t device = 0;
    std::uint16_t token = 0;
    std::span<const std::byte> payload{}; ///< in the message's bytes

    [[nodiscard]] bool is(bus_message what) const noexcept { return of_bus && id == static_cast<std::uint8_t>(what); }
    [[nodiscard]] bool is(device_message what) const noexcept {
        return !of_bus && id == static_cast<std::uint8_t>(what);
    }
};

/// @returns nothing for bytes that are no control message
[[nodiscard, gnu::visibility("default")]] std::optional<control> parse_control(std::span<const std::byte> message);

/// Builds a control message. Its size is that of what was added.
class control_writer {
public:
    [[gnu::visibility("default")]] explicit control_writer(const control& header);

    /// Adds a little-endian number.
    template <std::unsigned_integral Number> control_writer& add(Number value) {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + sizeof(Number));
        store(bytes_, at, value);
        return *this;
    }
    /// Adds bytes.
    [[gnu::visibility("default")]] control_writer& add(std::span<const std::byte> value);

    /// The message. The writer is not used afterwards.
    [[nodiscard, gnu::visibility("default")]] std::vector<std::byte> take();

private:
    std::vector<std::byte> bytes_;
};

enum class operation : std::uint8_t { request = 1, used = 2 };

inline constexpr std::uint8_t flag_more = 1U << 0U;
inline constexpr std::uint8_t flag_failed = 1U << 1U;

/// The header of a data record.
struct record {
    std::uint8_t op = 0; ///< an operation
    std::uint8_t flags = 0;
    std::uint16_t device = 0;
    std::uint16_t queue = 0;
    std::uint16_t id = 0;
    std::uint32_t epoch = 0;
    std::uint32_t length = 0; ///< bytes of payload in this record
    std::uint32_t in = 0;     ///< REQUEST: bytes of room; USED: the used length
    std::uint32_t offset = 0;

    [[nodiscard]] bool has_more() const noexcept { return (flags & flag_more) != 0; }
    [[nodiscard]] bool has_failed() const noexcept { return (flags & flag_failed) != 0; }
    friend bool operator==(const record&, const record&) = default;
};

inline constexpr std::size_t record_header = 24;
using record_bytes = std::array<std::byte, record_header>;

[[nodiscard, gnu::visibility("default")]] record_bytes to_bytes(const record& header) noexcept;

/// The records of a data message, one after another.
class record_reader {
public:
    explicit record_reader(std::span<const std::byte> message) noexcept : message_(message) {}

    /// The header of the next record; nothing at the end, or where the rest is no record.
    [[nodiscard, gnu::visibility("default")]] std::optional<record> next() noexcept;
    /// The payload of that record.
    [[nodiscard]] std::span<const std::byte> payload() const noexcept { return payload_; }
    /// Where that payload begins in the message.
    [[nodiscard]] std::size_t payload_at() const noexcept { return at_ - payload_.size(); }
    /// Whether the message ended where a record ends.
    [[nodiscard]] bool is_at_end() const noexcept { return at_ == message_.size(); }

private:
    std::span<const std::byte> message_;
    std::span<const std::byte> payload_{};
    std::size_t at_ = 0;
};

} // namespace libargo::virtio::detail
