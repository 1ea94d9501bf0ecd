// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include <libargo/address.hpp>
#include <libargo/space.hpp>

namespace libargo::detail {

/// What poll() on the descriptor shall mean by "writable": so many bytes fit at an address. The default destination
/// stands for itself and its low-water mark.
struct watch {
    address destination{};
    std::uint32_t need = 0;

    friend constexpr bool operator==(const watch&, const watch&) noexcept = default;
};

/// Follows the one watch that a descriptor has.
class watch_fsm {
public:
    /// What to do once the driver knows a watch.
    enum class action {
        arm,  ///< wait for the descriptor
        retry ///< do not: try the operation once more, it completes or says why it never will
    };

    /// Whether the driver must be told of this watch before the descriptor is waited for.
    [[nodiscard]] bool must_install(const watch& wanted) const noexcept { return wanted != installed_; }

    /// The driver was told, and answered with the state of the destination.
    [[nodiscard]] action installed(const watch& now, const space_state& state) noexcept {
        installed_ = now;
        // There may be no event for what is so already, or for a ring that never was there.
        const bool settled = state.sufficient || state.too_large || !state.exists;
        return settled && !is_default() ? action::retry : action::arm;
    }

    /// The driver went back to the default destination by itself (a connect).
    void forget() noexcept { installed_ = watch{}; }

    [[nodiscard]] bool is_default() const noexcept { return installed_ == watch{}; }

private:
    watch installed_{};
};

} // namespace libargo::detail
