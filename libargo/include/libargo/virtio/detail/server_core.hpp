// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <libargo/error.hpp>
#include <libargo/socket.hpp>
#include <libargo/virtio/detail/hub.hpp>
#include <libargo/virtio/server_options.hpp>

namespace libargo::virtio::detail {

/// The I/O of a server: rings, what comes from them into the hub, and what the hub has for driver sides.
class server_core : public std::enable_shared_from_this<server_core> {
public:
    server_core(boost::asio::any_io_executor executor, server_options options)
        : executor_(std::move(executor)), options_(std::move(options)), timer_(executor_) {}

    void open() {
        hub_ =
            std::make_unique<hub>(hub::settings{.instance = random_instance(), .wake = waker(), .log = options_.log});
        ring_at(ARGO_PORT_VIRTIO_BUS, domid_t::any);
        look_for_the_gone();
    }

    void add(domid_t domid, std::uint16_t number, port_t port, std::shared_ptr<device> what) {
        if (hub_ == nullptr) {
            open();
        }
        bind_for(domid, port);
        hub_->add(domid, number, port, std::move(what));
        flush();
    }

    bool remove(domid_t domid, std::uint16_t number) {
        const bool found = hub_ != nullptr && hub_->remove(domid, number);
        flush();
        return found;
    }

    void close() {
        timer_.cancel();
        for (const auto& [where, one] : rings_) {
            error_code ignored;
            one->socket.close(ignored);
        }
        rings_.clear();
        hub_.reset();
    }

    [[nodiscard]] statistics counters() const { return hub_ == nullptr ? statistics{} : hub_->counters(); }

private:
    /// A message for a device that has enough to do.
    struct held_message {
        message_info info;
        received message;
    };

    struct ring {
        ring(const boost::asio::any_io_executor& executor, port_t at, domid_t of)
            : socket(executor), port(at), partner(of) {}

        libargo::socket socket;
        port_t port;
        domid_t partner;
        std::size_t max_message = 0;
        std::deque<held_message> held; // while there are any, the ring is not read
    };
    using ring_ptr = std::shared_ptr<ring>;

    /// A link that is being sent to.
    struct sending {
        explicit sending(std::shared_ptr<link> whom) : to(std::move(whom)) {}

        std::shared_ptr<link> to;
        outgoing message;
        std::vector<boost::asio::const_buffer> buffers;
    };

    static constexpr std::size_t batch = 16;        // messages that are read before others have their turn
    static constexpr std::size_t most_buffers = 64; // of a message; the driver may allow fewer
    static constexpr std::size_t kept_messages = std::size_t{16} << 20U;
    static constexpr std::chrono::seconds gone_interval{10};
    static constexpr std::chrono::seconds retry_interval{1};

    [[nodiscard]] static hub::instance_type random_instance() {
        hub::instance_type made{};
        std::random_device source;
        for (auto& byte : made) {
            byte = static_cast<std::byte>(source() & 0xffU);
        }
        return made;
    }

    [[nodiscard]] std::function<void()> waker() {
        return [weak = weak_from_this(), executor = executor_] {
            boost::asio::post(executor, [weak] {
                if (const auto self = weak.lock(); self != nullptr && self->hub_ != nullptr) {
                    self->hub_->collect();
                    self->resume();
                    self->flush();
                }
            });
        };
    }

    void say(severity how, const std::string& text) const {
        if (options_.log) {
            options_.log(how, text);
        }
    }

    /// A ring of its own for a domain; where that cannot be, the ring that all domains share.
    void bind_for(domid_t domid, port_t port) {
        if (rings_.contains({port, domid})) {
            return;
        }
        try {
            ring_at(port, domid);
        } catch (const system_error& error) {
            say(severity::debug, "domain " + to_string(domid) + " has no ring of its own at port " +
                                     std::to_string(port) + ": " + error.code().message());
            ring_at(port, domid_t::any);
        }
    }

    ring_ptr ring_at(port_t port, domid_t partner) {
        auto& entry = rings_[{port, partner}];
        if (entry != nullptr) {
            return entry;
        }
        auto made = std::make_shared<ring>(executor_, port, partner);
        try {
            if (options_.open_socket) {
                options_.open_socket(made->socket);
            } else {
                made->socket.open(options_.device);
            }
            const bool is_bus = port == ARGO_PORT_VIRTIO_BUS;
            const auto bound =
                made->socket.bind({.port = port, .partner = partner, .ring_size = is_bus ? 0 : options_.ring_size});
            made->max_message = bound.max_message;
            made->socket.non_blocking(true);
            buffers_ = std::min(most_buffers, made->socket.info().max_buffers);
        } catch (...) {
            rings_.erase({port, partner});
            throw;
        }
        entry = made;
        hub_->set_port(port, made->max_message);
        largest_ = std::max(largest_, made->max_message);
        wait(made);
        return made;
    }

    // Receiving.

    void wait(const ring_ptr& from) {
        from->socket.async_wait(libargo::socket::wait_read, [weak = weak_from_this(), from](const error_code& ec) {
            const auto self = weak.lock();
            if (self == nullptr || self->hub_ == nullptr || ec == boost::asio::error::operation_aborted) {
                return;
            }
            self->read(from);
        });
    }

    void read(const ring_ptr& from) {
        error_code ec;
        const std::size_t count = from->socket.receive_many(slots(), ec);
        const auto now = hub::clock::now();
        for (std::size_t i = 0; i < count && !ec; ++i) {
            const auto& info = incoming_.at(i).info;
            messages_.at(i).size = incoming_.at(i).received();
            take(*from, info, messages_.at(i), now);
        }
        flush();
        if (ec && ec != boost::asio::error::would_block && ec != boost::asio::error::try_again) {
            ring_failed(from, ec);
        } else if (from->held.empty()) {
            wait(from);
        }
    }

    /// A domain with a ring of its own waits for its devices. In a ring for all, it would keep others waiting.
    void take(ring& from, const message_info& info, received& message, hub::clock::time_point now) {
        if (from.partner != domid_t::any && (!from.held.empty() || hub_->is_congested(from.partner, from.port))) {
            from.held.push_back({.info = info, .message = std::move(message)});
        } else {
            hub_->receive(from.port, info.source, info.truncated ? message_type{} : info.type, message, now);
        }
    }

    /// Devices have ended requests: takes what was held for them.
    void resume() {
        const auto now = hub::clock::now();
        for (const auto& [where, one] : rings_) {
            const bool was_held = !one->held.empty();
            while (!one->held.empty() && !hub_->is_congested(one->partner, one->port)) {
                auto next = std::move(one->held.front());
                one->held.pop_front();
                hub_->receive(one->port, next.info.source, next.info.truncated ? message_type{} : next.info.type,
                              next.message, now);
            }
            if (was_held && one->held.empty()) {
                wait(one);
            }
        }
    }

    /// Memory for messages, which all rings share: what is in it is dealt with before the next ring is read.
    [[nodiscard]] std::span<incoming_message> slots() {
        for (std::size_t i = 0; i < batch; ++i) {
            auto& memory = messages_.at(i).memory;
            if (memory.bytes().size() < largest_) {
                memory = message_pool_->take(largest_);
            }
            memory_.at(i) = boost::asio::buffer(memory.bytes().data(), memory.bytes().size());
            incoming_.at(i) = {.buffers = std::span(&memory_.at(i), 1)};
        }
        return incoming_;
    }

    void ring_failed(const ring_ptr& which, const error_code& ec) {
        say(severity::warning, "the ring of port " + std::to_string(which->port) +
                                   (which->partner == domid_t::any ? "" : " for domain " + to_string(which->partner)) +
                                   ": " + ec.message());
        // A ring of one domain ends with the domain; one for all is looked at again.
        if (which->partner != domid_t::any && ec != boost::system::errc::connection_reset) {
            rings_.erase({which->port, which->partner});
            return;
        }
        auto pause = std::make_shared<boost::asio::steady_timer>(executor_, retry_interval);
        pause->async_wait([weak = weak_from_this(), which, pause](const error_code&) {
            if (const auto self = weak.lock(); self != nullptr && self->hub_ != nullptr) {
                self->wait(which);
            }
        });
    }

    // Sending.

    void flush() {
        if (hub_ == nullptr) {
            return;
        }
        for (const auto& one : hub_->take_ready()) {
            pump(std::make_shared<sending>(one));
        }
    }

    [[nodiscard]] ring_ptr ring_of(const link& to) const {
        auto found = rings_.find({to.port(), to.domid()});
        if (found == rings_.end()) {
            found = rings_.find({to.port(), domid_t::any});
        }
        return found == rings_.end() ? nullptr : found->second;
    }

    void pump(const std::shared_ptr<sending>& what) {
        const auto via = ring_of(*what->to);
        if (via == nullptr) {
            hub_->lost(what->to);
            return;
        }
        while (what->to->has_output()) {
            what->message = hub_->next(*what->to, buffers_);
            what->buffers.clear();
            for (const auto piece : what->message.pieces) {
                what->buffers.emplace_back(piece.data(), piece.size());
            }
            error_code ec;
            via->socket.send_to(what->buffers, what->to->peer(), what->message.type, ec);
            if (ec == boost::asio::error::would_block || ec == boost::asio::error::try_again) {
                wait_and_send(via, what);
                return;
            }
            if (ec) {
                send_failed(*what, ec);
                return;
            }
        }
        hub_->sent_all(what->to);
    }

    void wait_and_send(const ring_ptr& via, const std::shared_ptr<sending>& what) {
        via->socket.async_send_to(what->buffers, what->to->peer(), what->message.type,
                                  [weak = weak_from_this(), what](const error_code& ec, std::size_t) {
                                      const auto self = weak.lock();
                                      if (self == nullptr || self->hub_ == nullptr) {
                                          return;
                                      }
                                      if (ec) {
                                          self->send_failed(*what, ec);
                                      } else {
                                          self->pump(what);
                                      }
                                      self->flush();
                                  });
    }

    void send_failed(const sending& what, const error_code& ec) {
        const auto& to = what.to;
        const bool is_absent = ec == condition::peer_absent || ec == condition::peer_gone;
        if (!is_absent) {
            const auto hint = advice(ec);
            hub_->say(to->domid(), severity::warning,
                      "cannot send from port " + std::to_string(to->port()) + " to " + to_string(to->peer()) + ": " +
                          ec.message() + (hint.empty() ? "" : "; " + std::string(hint)));
        } else if (to->greeted()) {
            hub_->say(to->domid(), severity::info,
                      "domain " + to_string(to->domid()) + ", port " + std::to_string(to->port()) +
                          ": the driver side is gone");
        }
        hub_->lost(to);
    }

    /// A driver side that went without a word is noticed here, if nothing is sent to it.
    void look_for_the_gone() {
        timer_.expires_after(gone_interval);
        timer_.async_wait([weak = weak_from_this()](const error_code& ec) {
            const auto self = weak.lock();
            if (ec || self == nullptr || self->hub_ == nullptr) {
                return;
            }
            for (const auto& one : self->hub_->idle_links()) {
                const auto via = self->ring_of(*one);
                error_code failed;
                if (via == nullptr || (!via->socket.space(0, one->peer(), failed).exists && !failed)) {
                    self->hub_->say(one->domid(), severity::info,
                                    "domain " + to_string(one->domid()) + ", port " + std::to_string(one->port()) +
                                        ": the driver side is gone");
                    self->hub_->lost(one);
                }
            }
            self->close_unused();
            self->flush();
            self->look_for_the_gone();
        });
    }

    /// Rings of domains that have no devices there any more. Not at once: a device that was changed comes back, and a
    /// driver side takes the end of a ring for that of the whole device side.
    void close_unused() {
        std::erase_if(rings_, [this](const auto& entry) {
            const auto& [port, partner] = entry.first;
            if (partner == domid_t::any || hub_->has_devices_at(partner, port)) {
                return false;
            }
            error_code ignored;
            entry.second->socket.close(ignored); // its wait holds it, and ends now
            return true;
        });
    }

    boost::asio::any_io_executor executor_;
    server_options options_;
    std::unique_ptr<hub> hub_;
    std::map<std::pair<port_t, domid_t>, ring_ptr> rings_;
    boost::asio::steady_timer timer_;
    std::size_t largest_ = 0;
    std::size_t buffers_ = most_buffers;

    std::shared_ptr<buffer_pool> message_pool_ = std::make_shared<buffer_pool>(kept_messages);
    std::array<received, batch> messages_;
    std::array<boost::asio::mutable_buffer, batch> memory_;
    std::array<incoming_message, batch> incoming_;
};

} // namespace libargo::virtio::detail
