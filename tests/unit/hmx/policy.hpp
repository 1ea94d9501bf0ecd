// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <vector>

#include "world.hpp"

namespace hmx_test {

/// An access hook that remembers what it was asked.
struct policy {
    std::function<bool(const hmx_access&)> allows = [](const hmx_access&) { return true; };
    std::vector<hmx_access> asked;

    void refuse(hmx_access_op op) {
        allows = [op](const hmx_access& question) { return question.op != op; };
    }
    void allow_all() {
        allows = [](const hmx_access&) { return true; };
    }
    /// @p params with this as their hook
    hmx_params in(hmx_params params = permissive()) {
        params.access = [](void* ctx, const hmx_access* question) {
            auto* self = static_cast<policy*>(ctx);
            self->asked.push_back(*question);
            return self->allows(*question);
        };
        params.access_ctx = this;
        return params;
    }
};

} // namespace hmx_test
