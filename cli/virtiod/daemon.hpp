// SPDX-License-Identifier: MIT
// The devices of the configuration file, and a server that gives them to their domains.
#pragma once

#include "util/asio.hpp"
#include "virtiod/block.hpp"
#include "virtiod/config.hpp"

#include <libargo/virtio/virtio.hpp>

#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace argovirtiod {

namespace asio = argoctl::asio;

/// All of it runs in the context's thread, but for the I/O of disks.
class daemon {
public:
    daemon(asio::io_context& context, libargo::virtio::server_options options, std::size_t threads);
    daemon(const daemon&) = delete;
    daemon& operator=(const daemon&) = delete;
    ~daemon(); // NOLINT(bugprone-exception-escape): closing allocates to post handlers

    /// Binds the bus. @throws boost::system::system_error as `libargo::virtio::server::open`
    void open() { server_.open(); }
    /// Makes the devices those of @p wanted. One that is as it was goes on without a break. One that cannot be made is
    /// written to the log, and tried again until it can.
    void apply(const std::vector<device_spec>& wanted);
    /// Ends all: I/O that is in progress is finished.
    void close();

    /// A line with what happened so far.
    [[nodiscard]] std::string summary() const;
    /// Devices that their domains can use.
    [[nodiscard]] std::size_t serving() const noexcept { return serving_.size(); }

private:
    /// Each disk has threads of its own, so that one that hangs holds up no other.
    using threads_ptr = std::unique_ptr<asio::thread_pool>;

    struct served {
        device_spec spec;
        std::shared_ptr<block_device> disk{}; // none for other kinds
        threads_ptr threads{};
    };
    /// A disk that was taken away, and that may have requests yet.
    struct ending {
        std::weak_ptr<block_device> disk;
        threads_ptr threads;
    };

    void remove_others(const std::vector<device_spec>& wanted);
    void look_for_new_sizes();
    void start_missing();
    void start(const device_spec& spec);
    [[nodiscard]] std::shared_ptr<libargo::virtio::device> make(const device_spec& spec, served& made);
    void end(served what);
    void reap();
    void come_again();
    void say(libargo::virtio::severity how, const std::string& text) const;

    std::size_t threads_;
    libargo::virtio::log_function log_;
    libargo::virtio::server server_;
    asio::steady_timer retry_;
    std::map<device_name, served> serving_;
    std::vector<ending> ending_;
    std::map<device_name, device_spec> missing_;
    std::map<device_name, std::string> reasons_; // of those that are missing, as they were last said
};

} // namespace argovirtiod
