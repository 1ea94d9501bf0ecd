// SPDX-License-Identifier: MIT
#pragma once

#include "abi.hpp"
#include "absent_memory.hpp"

#include <future>
#include <sys/types.h>

namespace guest {

inline constexpr uid_t root = 0;
inline constexpr uid_t hostile = 1000;
inline constexpr uid_t neighbour = 1001;

/// Changes the effective user of the process, and with it whom the kernel charges.
void become(uid_t user);

/// Another user for as long as this exists.
class as_user {
public:
    explicit as_user(uid_t user) { become(user); }
    as_user(const as_user&) = delete;
    as_user& operator=(const as_user&) = delete;
    ~as_user() { become(hostile); }
};

/// A parameter of the module argo.
unsigned int module_parameter(const std::string& name);

/// What takes this long is held up by somebody.
inline constexpr std::chrono::seconds held_up{10};

/// Runs `body` in a thread and returns its result, or nothing if it is held up; then the thread is left to `threads`.
template <typename Result>
std::optional<Result> in_time(std::vector<std::future<Result>>& threads, std::function<Result()> body) {
    auto result = std::async(std::launch::async, std::move(body));
    if (result.wait_for(held_up) == std::future_status::ready) {
        return result.get();
    }
    threads.push_back(std::move(result));
    return std::nullopt;
}

} // namespace guest
