// SPDX-License-Identifier: MIT
#include "virtiod/daemon.hpp"

#include "virtiod/entropy.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace argovirtiod {
namespace {

using libargo::virtio::severity;

constexpr std::chrono::seconds retry_interval{1};

std::string what_is(const device_spec& spec, const std::shared_ptr<block_device>& disk) {
    if (disk == nullptr) {
        return "entropy";
    }
    return fmt::format("block, {} bytes of {}{}{}", disk->capacity(), spec.file, spec.read_only ? ", read-only" : "",
                       spec.write_through ? ", write-through" : "");
}

} // namespace

daemon::daemon(asio::io_context& context, libargo::virtio::server_options options, std::size_t threads)
    : threads_(threads), log_(options.log), server_(context.get_executor(), std::move(options)), retry_(context) {}

// NOLINTNEXTLINE(bugprone-exception-escape): closing allocates to post handlers
daemon::~daemon() { close(); }

void daemon::say(severity how, const std::string& text) const {
    if (log_) {
        log_(how, text);
    }
}

void daemon::apply(const std::vector<device_spec>& wanted) {
    remove_others(wanted);
    look_for_new_sizes();
    reasons_.clear();
    missing_.clear();
    for (const auto& spec : wanted) {
        if (!serving_.contains(spec.name)) {
            missing_.emplace(spec.name, spec);
        }
    }
    start_missing();
}

void daemon::remove_others(const std::vector<device_spec>& wanted) {
    for (auto entry = serving_.begin(); entry != serving_.end();) {
        if (std::find(wanted.begin(), wanted.end(), entry->second.spec) != wanted.end()) {
            ++entry;
            continue;
        }
        const auto& name = entry->first;
        server_.remove(libargo::domid_t{name.domid}, name.number);
        say(severity::notice, fmt::format("device {}: taken away", to_string(name)));
        end(std::move(entry->second));
        entry = serving_.erase(entry);
    }
}

void daemon::look_for_new_sizes() {
    for (const auto& [name, one] : serving_) {
        try {
            if (one.disk != nullptr && one.disk->resize()) {
                say(severity::notice,
                    fmt::format("device {}: has {} bytes now", to_string(name), one.disk->capacity()));
            }
        } catch (const std::exception& error) {
            say(severity::error, fmt::format("device {}: {}", to_string(name), error.what()));
        }
    }
}

void daemon::start_missing() {
    for (const auto& [name, spec] : std::map(missing_)) {
        try {
            start(spec);
            missing_.erase(name);
            reasons_.erase(name);
        } catch (const std::exception& error) {
            // An image may be in use by what had it before, until its requests have ended.
            if (std::exchange(reasons_[name], error.what()) != error.what()) {
                say(severity::error, fmt::format("device {}: {}; it is tried again", to_string(name), error.what()));
            }
        }
    }
    come_again();
}

void daemon::come_again() {
    if (missing_.empty() && ending_.empty()) {
        return;
    }
    retry_.expires_after(retry_interval);
    retry_.async_wait([this](const argoctl::error_code& ec) {
        if (!ec) {
            reap();
            start_missing();
        }
    });
}

void daemon::end(served what) {
    if (what.threads != nullptr) {
        ending_.push_back({what.disk, std::move(what.threads)});
    }
}

void daemon::reap() {
    // A request holds its disk, so that these threads have nothing to do any more.
    std::erase_if(ending_, [](const ending& one) { return one.disk.expired(); });
}

std::shared_ptr<libargo::virtio::device> daemon::make(const device_spec& spec, served& made) {
    if (spec.kind == device_kind::entropy) {
        return std::make_shared<entropy_device>();
    }
    auto storage = std::make_shared<const image>(
        image::options{.path = spec.file, .read_only = spec.read_only, .write_through = spec.write_through});
    made.threads = std::make_unique<asio::thread_pool>(threads_);
    const auto run = [threads = made.threads.get()](std::function<void()> what) {
        asio::post(*threads, std::move(what));
    };
    made.disk = std::make_shared<block_device>(std::move(storage), block_device::options{.serial = spec.serial}, run);
    return made.disk;
}

void daemon::start(const device_spec& spec) {
    served made{.spec = spec};
    const auto device = make(spec, made);
    server_.add(libargo::domid_t{spec.name.domid}, spec.name.number, device, spec.port);
    say(severity::notice, fmt::format("device {}: {}", to_string(spec.name), what_is(spec, made.disk)));
    serving_.emplace(spec.name, std::move(made));
}

void daemon::close() {
    retry_.cancel();
    for (const auto& [name, one] : serving_) {
        if (one.threads != nullptr) {
            one.threads->join();
        }
    }
    server_.close();
    serving_.clear();
    ending_.clear();
}

std::string daemon::summary() const {
    const auto c = server_.counters();
    return fmt::format(
        "{} devices; {} requests, {} answers, {} failed; {} messages in, {} out; dropped: {} foreign, {} "
        "senseless, {} of strangers, {} not set up, {} breaches, {} overrun, {} unread, {} stale",
        serving(), c.requests, c.answers, c.failed, c.messages_received, c.messages_sent, c.foreign, c.senseless,
        c.strangers, c.not_set_up, c.breaches, c.overrun, c.unread, c.stale);
}

} // namespace argovirtiod
