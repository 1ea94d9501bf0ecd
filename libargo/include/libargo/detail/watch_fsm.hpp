// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include <libargo/address.hpp>
#include <libargo/space.hpp>

namespace libargo::detail {

/// A meaning of "writable" for poll() on the descriptor: @p need bytes fit at an address. A watch of
/// `default_destination` stands for the default destination and the low-water mark.
struct watch {
    address destination{};
    std::uint32_t need = 0;

    friend constexpr bool operator==(const watch&, const watch&) noexcept = default;
};

/// Follows the one watch that a descriptor has.
class watch_fsm {
public:
    /// The next thing to do once the driver has the watch.
    enum class action {
        arm,  ///< wait for the descriptor
        retry ///< try the operation again instead: it completes now, or fails
    };

    /// Whether the driver must be given this watch before the descriptor is waited for.
    [[nodiscard]] bool must_install(const watch& wanted) const noexcept { return wanted != installed_; }

    /// The driver has the watch, and has answered with the state of the destination.
    [[nodiscard]] action installed(const watch& now, const space_state& state) noexcept {
        installed_ = now;
        // No event may come for space that is there already, or for a ring that never existed.
        const bool settled = state.sufficient || state.too_large || !state.exists;
        return settled && !is_default() ? action::retry : action::arm;
    }

    /// The driver has gone back to the watch of the default destination by itself (a connect).
    void forget() noexcept { installed_ = watch{}; }

    [[nodiscard]] bool is_default() const noexcept { return installed_ == watch{}; }

private:
    watch installed_{};
};

} // namespace libargo::detail
