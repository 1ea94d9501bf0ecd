// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <sys/types.h>

#include <libargo/address.hpp>
#include <libargo/detail/device.hpp>
#include <libargo/detail/file_descriptor.hpp>
#include <libargo/linux/argo.h>

namespace libargo::test {

/// A driver and a hypervisor in this process: endpoints of several domains with rings between them, by the rules of the
/// ABI. Each open file is one end of a socket pair, whose readiness follows that of the endpoint, so that poll() and
/// epoll work on it as they do on the device.
class fake_driver final : public detail::device {
public:
    /// Opens the device in a domain.
    [[nodiscard]] detail::file_descriptor open(std::uint16_t domid = 1);

    // NOLINTNEXTLINE(bugprone-exception-escape): a fake that is broken ends the tests
    int control(int fd, unsigned long request, void* argument) noexcept override;

    /// The next call of this request fails.
    void fail_next(unsigned long request, int err);
    /// Calls of a request so far.
    [[nodiscard]] std::size_t calls(unsigned long request) const;
    /// Vectors of the last message that was sent.
    [[nodiscard]] std::vector<argo_iovec> last_vectors() const;
    /// What poll() on the file means by "writable" is not the default.
    [[nodiscard]] bool watches(int fd) const;
    /// Files do not become readable or writable any more: wakeups get lost.
    void lose_wakeups(bool value);
    /// Notices files that were closed, as the hypervisor would.
    void refresh();
    /// Messages that a call may take.
    void set_max_batch(std::uint32_t count);
    /// The ABI version that the driver says it has.
    void set_abi_version(std::uint32_t version);

private:
    struct message {
        address source;
        std::uint32_t type = 0;
        std::vector<std::byte> payload;
    };
    struct watched {
        address destination;
        std::uint32_t need = 0;
    };
    struct file {
        detail::file_descriptor inner; // the end that is not the user's
        int user = -1;                 // the user's end: where it is, while it is open
        std::uint16_t domid = 0;
        bool bound = false;
        bool peer_was_there = false;
        port_t port = 0;
        std::uint16_t partner = ARGO_DOMID_ANY;
        std::uint32_t ring_size = 0;
        std::deque<message> ring;
        std::optional<address> remote;
        std::optional<watched> watch;
        argo_options options{};
        bool readable = false;
        bool writable = true;
    };
    using lock_type = std::unique_lock<std::mutex>;

    [[nodiscard]] int dispatch(lock_type& lock, file& self, unsigned long request, void* argument);
    [[nodiscard]] int info(const file& self, argo_info& args) const;
    [[nodiscard]] int bind(file& self, argo_bind& args);
    [[nodiscard]] int connect(file& self, argo_connect& args);
    [[nodiscard]] int send(lock_type& lock, file& self, argo_batch& args);
    [[nodiscard]] int receive(lock_type& lock, file& self, argo_batch& args);
    [[nodiscard]] int space(lock_type& lock, file& self, argo_space& args);
    [[nodiscard]] int options(file& self, argo_options& args) const;
    [[nodiscard]] int status(const file& self, argo_status& args) const;
    [[nodiscard]] int list(const file& self, argo_list& args);
    [[nodiscard]] int cable_add(const file& self, const argo_cable_change& args);
    [[nodiscard]] int cable_remove(const file& self, const argo_cable_change& args);
    [[nodiscard]] int cable_list(argo_cable_list& args) const;

    [[nodiscard]] int send_one(file& self, argo_msg& msg);
    [[nodiscard]] int receive_one(file& self, argo_msg& msg, bool peek);
    /// Repeats an attempt that is EAGAIN as the flags, the file's mode and the time allow.
    [[nodiscard]] int wait(lock_type& lock, const file& self, std::uint32_t flags, std::uint64_t timeout_ns,
                           const std::function<int()>& attempt);
    [[nodiscard]] std::optional<address> resolve(const file& self, const argo_addr& addr) const;
    /// Where a cable leads; other addresses as they are.
    [[nodiscard]] std::optional<address> end_of(const file& sender, const address& destination) const;
    [[nodiscard]] file* find_ring(const file& sender, const address& destination);
    [[nodiscard]] static std::size_t fill(const file& target);
    [[nodiscard]] static std::size_t max_message(const file& target) { return target.ring_size - 64; }
    [[nodiscard]] static bool fits(const file& target, std::size_t need);
    [[nodiscard]] static bool user_has_closed(const file& self);
    void update_readiness();
    static void set_readable(file& self, bool value);
    static void set_writable(file& self, bool value);

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<ino_t, file> files_;
    std::map<address, address> cables_;
    std::map<unsigned long, std::deque<int>> failures_;
    std::map<unsigned long, std::size_t> calls_;
    std::vector<argo_iovec> last_vectors_;
    bool wakeups_are_lost_ = false;
    port_t next_port_ = port_ephemeral;
    std::uint32_t max_batch_ = 64;
    std::uint32_t abi_version_ = ARGO_ABI_VERSION;
};

} // namespace libargo::test
