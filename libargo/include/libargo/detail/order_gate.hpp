// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include <libargo/address.hpp>

namespace libargo::detail {

/// The operations with which an operation must stay in order.
struct ordering {
    enum class scope {
        none,        ///< no operation: this one only waits
        destination, ///< sends to the same destination
        everything   ///< all operations in its lane
    };
    scope with = scope::none;
    address destination{};
};

/// Decides which operations of a lane may be tried. The gate is shown the operations in order, and holds back those
/// that would overtake an operation that stays in the lane.
class order_gate {
public:
    /// Whether an operation may be tried.
    [[nodiscard]] bool may_pass(const ordering& order) const noexcept {
        switch (order.with) {
        case ordering::scope::destination:
            return !all_blocked_ && std::find(blocked_.begin(), blocked_.end(), order.destination) == blocked_.end();
        case ordering::scope::everything:
            return !all_blocked_ && blocked_.empty();
        case ordering::scope::none:
            break;
        }
        return true;
    }

    /// An operation stays in the lane, tried or not.
    void block(const ordering& order) {
        if (order.with == ordering::scope::everything) {
            all_blocked_ = true;
        } else if (order.with == ordering::scope::destination && may_pass(order)) {
            blocked_.push_back(order.destination);
        }
    }

private:
    std::vector<address> blocked_;
    bool all_blocked_ = false;
};

} // namespace libargo::detail
