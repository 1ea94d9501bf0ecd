// SPDX-License-Identifier: MIT
#include "util/readiness.hpp"

#include "util/descriptor.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <system_error>

namespace argoctl {

readiness::readiness(const asio::any_io_executor& executor, int fd, direction what) {
    descriptor epoll(epoll_create1(EPOLL_CLOEXEC));
    if (epoll.get() < 0) {
        throw std::system_error(errno, std::generic_category(), "epoll_create1");
    }
    epoll_event event{};
    event.events = what == direction::read ? EPOLLIN : EPOLLOUT;
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) < 0) {
        if (errno == EPERM) {
            return;
        }
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
    watcher_.emplace(executor, epoll.release());
}

asio::awaitable<error_code> readiness::wait() {
    error_code ec;
    if (watcher_) {
        co_await watcher_->async_wait(asio::posix::descriptor_base::wait_read, awaited(ec));
    }
    co_return ec;
}

void readiness::cancel() {
    error_code ignored;
    if (watcher_) {
        watcher_->cancel(ignored);
    }
}

} // namespace argoctl
