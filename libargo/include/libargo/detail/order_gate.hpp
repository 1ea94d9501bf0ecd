// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include <libargo/address.hpp>

namespace libargo::detail {

/// What must stay in order with an operation.
struct ordering {
    enum class scope {
        none,        ///< nothing: it only waits
        destination, ///< what is sent to the same destination
        everything   ///< everything in its queue
    };
    scope with = scope::none;
    address destination{};
};

/// Lets the operations of a queue pass in order: shown each in turn, it holds back those that would overtake one that
/// could not be completed.
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

    /// An operation stays in the queue, tried or not.
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
