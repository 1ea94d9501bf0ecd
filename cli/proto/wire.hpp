// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace argoctl::wire {

/// Appends little-endian fields.
class writer {
public:
    template <std::unsigned_integral T> writer& number(T value) {
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            bytes_.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
        }
        return *this;
    }

    writer& bytes(std::span<const std::byte> data) {
        bytes_.insert(bytes_.end(), data.begin(), data.end());
        return *this;
    }

    /// A 16-bit length and that number of bytes, at most @p limit. The rest of a longer text is cut off.
    writer& text(std::string_view value, std::size_t limit) {
        value = value.substr(0, limit);
        number(static_cast<std::uint16_t>(value.size()));
        return bytes(std::as_bytes(std::span(value.data(), value.size())));
    }

    [[nodiscard]] std::vector<std::byte> take() && { return std::move(bytes_); }

private:
    std::vector<std::byte> bytes_;
};

/// Takes little-endian fields. A missing field reads as 0, and good() is false afterwards.
class reader {
public:
    explicit reader(std::span<const std::byte> data) : rest_(data) {}

    template <std::unsigned_integral T> T number() {
        std::uint64_t value = 0;
        const auto field = bytes(sizeof(T));
        for (std::size_t i = 0; i < field.size(); ++i) {
            value |= std::to_integer<std::uint64_t>(field[i]) << (8 * i);
        }
        return static_cast<T>(value);
    }

    std::span<const std::byte> bytes(std::size_t count) {
        if (count > rest_.size()) {
            good_ = false;
            rest_ = {};
            return {};
        }
        const auto field = rest_.first(count);
        rest_ = rest_.subspan(count);
        return field;
    }

    template <std::size_t N> std::array<std::byte, N> array() {
        std::array<std::byte, N> out{};
        std::ranges::copy(bytes(N), out.begin());
        return out;
    }

    std::string text(std::size_t limit) {
        const auto length = number<std::uint16_t>();
        if (length > limit) {
            good_ = false;
        }
        const auto field = bytes(length);
        std::string out(field.size(), '\0');
        std::ranges::transform(field, out.begin(), [](std::byte b) { return static_cast<char>(b); });
        return out;
    }

    std::span<const std::byte> rest() { return bytes(rest_.size()); }

    /// Whether all fields were there.
    [[nodiscard]] bool good() const { return good_; }
    /// Whether all fields were there and nothing else.
    [[nodiscard]] bool finished() const { return good_ && rest_.empty(); }

private:
    std::span<const std::byte> rest_;
    bool good_ = true;
};

} // namespace argoctl::wire
