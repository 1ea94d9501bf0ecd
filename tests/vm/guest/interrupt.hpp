// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <csignal>
#include <pthread.h>
#include <thread>

namespace guest {

/// Sends the creating thread a signal that restarts nothing, again and again from `delay` on, until destroyed.
/// More than once, since the first may come before the thread is in the call.
class interrupter {
public:
    explicit interrupter(std::chrono::milliseconds delay) {
        struct sigaction action {};
        action.sa_handler = [](int) {};
        ::sigaction(SIGUSR1, &action, &before_);
        thread_ = std::jthread{[target = ::pthread_self(), delay](const std::stop_token& stop) {
            for (auto left = delay; !stop.stop_requested(); left = std::chrono::milliseconds{20}) {
                std::this_thread::sleep_for(left);
                if (!stop.stop_requested()) {
                    ::pthread_kill(target, SIGUSR1);
                }
            }
        }};
    }
    interrupter(const interrupter&) = delete;
    interrupter& operator=(const interrupter&) = delete;
    ~interrupter() {
        thread_.request_stop();
        thread_.join();
        ::sigaction(SIGUSR1, &before_, nullptr);
    }

private:
    struct sigaction before_ {};
    std::jthread thread_;
};

} // namespace guest
