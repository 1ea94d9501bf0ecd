// SPDX-License-Identifier: MIT
#include <libargo/detail/endpoint.hpp>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

namespace libargo::detail {
namespace {

/// The interval at which operations are tried that have no event of their own.
constexpr std::chrono::milliseconds retry_interval{5};
/// Wake-ups in a row that may complete no operation. More mean that poll() reports an event that no operation here
/// consumes; waiting for it would keep the processor busy.
constexpr unsigned max_fruitless = 16;
/// Attempts of an operation whose space comes and goes.
constexpr int max_space_retries = 3;

/// The fault of an operation that was cancelled, as Asio's operation_aborted.
constexpr fault aborted_by_program(ECANCELED);

constexpr std::array wait_types{wait_type::wait_read, wait_type::wait_write, wait_type::wait_error};

} // namespace

file_descriptor endpoint::open_device(const char* path, fault& failed) noexcept { return driver::open(path, failed); }

std::shared_ptr<endpoint> endpoint::create(std::unique_ptr<reactor> waits, file_descriptor& file,
                                           std::shared_ptr<device> calls, fault& failed) {
    auto made = std::make_shared<endpoint>(construction_key{}, std::move(waits), std::move(calls));
    made->adopt(file, failed);
    return failed ? nullptr : made;
}

endpoint::endpoint(construction_key /*key*/, std::unique_ptr<reactor> waits, std::shared_ptr<device> calls)
    : driver_(std::move(calls)), reactor_(std::move(waits)) {}

endpoint::~endpoint() = default;

void endpoint::adopt(file_descriptor& file, fault& failed) {
    driver_.attach(file.get(), failed);
    if (failed) {
        return;
    }
    // The reactor needs a file that is non-blocking for Asio, and synchronous calls one that waits in the driver: the
    // file's mode is put back. Nothing is lost: Asio never reads or writes this descriptor.
    const bool mode = driver_.non_blocking();
    failed = reactor_->assign(file.get());
    if (failed) {
        return;
    }
    driver_.non_blocking(mode, failed);
    if (failed) {
        reactor_->release();
        return;
    }
    static_cast<void>(file.release());
    // A file that was assigned may be connected already. One whose status is an error is not.
    fault ignored;
    remote_ = status(ignored).remote;
}

int endpoint::native_handle() { return driver_.fd(); }

void endpoint::close(fault& failed) {
    operations aborted;
    {
        const lock_type lock(mutex_);
        if (!driver_.is_attached()) {
            return;
        }
        aborted = abort_all();
        driver_.detach();
        failed = reactor_->close();
    }
    complete_all(std::move(aborted), upcall::posted);
}

file_descriptor endpoint::release() {
    operations aborted;
    file_descriptor file;
    {
        const lock_type lock(mutex_);
        aborted = abort_all();
        static_cast<void>(install({}));
        file = file_descriptor(driver_.detach());
        reactor_->release();
    }
    complete_all(std::move(aborted), upcall::posted);
    return file;
}

void endpoint::cancel() {
    operations aborted;
    {
        const lock_type lock(mutex_);
        aborted = abort_all();
        disarm();
    }
    complete_all(std::move(aborted), upcall::posted);
}

void endpoint::cancel(std::uint64_t id) {
    operations aborted;
    {
        const lock_type lock(mutex_);
        for (auto& lane : lanes_) {
            const auto found = std::find_if(lane.pending.begin(), lane.pending.end(),
                                            [id](const operation_ptr& op) { return op->id() == id; });
            if (found == lane.pending.end()) {
                continue;
            }
            (*found)->what().fail(aborted_by_program);
            aborted.push_back(std::move(*found));
            lane.pending.erase(found);
            // The operation may have held back others, and its wait may be all that keeps the context running: the
            // waits end, and start again for the operations that are left.
            disarm();
            break;
        }
    }
    complete_all(std::move(aborted), upcall::posted);
}

void endpoint::abandon() noexcept {
    operations abandoned;
    {
        const lock_type lock(mutex_);
        abandoned = take_all();
    }
}

void endpoint::perform(request& what) {
    what.prepare();
    static_cast<void>(what.attempt(context(waiting::in_driver)));
}

void endpoint::start(operation_ptr op) {
    op->watch_for_cancellation(shared_from_this());
    operations done;
    {
        const lock_type lock(mutex_);
        auto& what = op->what();
        const auto type = what.waits_for();
        auto& lane = lane_of(type);
        if (op->stop_requested()) {
            what.fail(aborted_by_program);
            done.push_back(std::move(op));
        } else if (!driver_.is_attached()) {
            what.fail(fault(EBADF));
            done.push_back(std::move(op));
        } else if (may_start(lane, what) && what.attempt(context(waiting::in_reactor)) == request::outcome::done) {
            done.push_back(std::move(op));
        } else {
            lane.pending.push_back(std::move(op));
            settle(type, done);
        }
    }
    complete_all(std::move(done), upcall::posted);
}

void endpoint::connect(const address& peer, fault& failed) {
    const lock_type lock(mutex_);
    driver_.connect(peer, failed);
    if (failed) {
        return;
    }
    remote_ = peer;
    watch_.forget();
    // The driver has dropped the watch for which the pending sends wait.
    disarm();
}

void endpoint::wait(wait_type type, fault& failed) {
    if (type == wait_type::wait_write) {
        const lock_type lock(mutex_);
        if (lane_of(type).pending.empty()) {
            static_cast<void>(install({}));
        }
    }
    driver_.wait(type, failed);
}

// The forms of the driver's operations that the socket's inline functions call.

bool endpoint::non_blocking() const noexcept { return driver_.non_blocking(); }

void endpoint::non_blocking(bool mode, fault& failed) { driver_.non_blocking(mode, failed); }

bind_result endpoint::bind(const bind_options& options, fault& failed) { return driver_.bind(options, failed); }

endpoint_status endpoint::status(fault& failed) const { return driver_.status(failed); }

device_info endpoint::info(fault& failed) const { return driver_.info(failed); }

space_state endpoint::space(std::size_t need, const address& destination, fault& failed) const {
    return driver_.query_space({destination, clamp(need)}, failed);
}

socket_options endpoint::options(fault& failed) const { return driver_.options(failed); }

void endpoint::set_options(const socket_options& options, std::uint32_t which, fault& failed) {
    driver_.set_options(options, which, failed);
}

std::vector<ring_entry> endpoint::list_rings(fault& failed) const { return driver_.list_rings(failed); }

void endpoint::add_cable(const cable& added, fault& failed) const { driver_.add_cable(added, failed); }

void endpoint::remove_cable(const address& source, fault& failed) const { driver_.remove_cable(source, failed); }

std::vector<cable> endpoint::list_cables(fault& failed) const { return driver_.list_cables(failed); }

request_context endpoint::context(waiting where) const noexcept {
    return {.file = driver_, .remote = remote_, .where = where};
}

bool endpoint::may_start(const lane_type& which, const request& what) const {
    order_gate gate;
    for (const auto& op : which.pending) {
        gate.block(op->what().order(context(waiting::in_reactor)));
    }
    return gate.may_pass(what.order(context(waiting::in_reactor)));
}

void endpoint::sweep(lane_type& which, operations& done) {
    order_gate gate;
    for (auto it = which.pending.begin(); it != which.pending.end();) {
        auto& what = (*it)->what();
        const auto order = what.order(context(waiting::in_reactor));
        if (gate.may_pass(order) && what.attempt(context(waiting::in_reactor)) == request::outcome::done) {
            done.push_back(std::move(*it));
            it = which.pending.erase(it);
        } else {
            gate.block(order);
            ++it;
        }
    }
}

void endpoint::settle(wait_type type, operations& done) {
    auto& lane = lane_of(type);
    if (!lane.armed && !lane.pending.empty()) {
        const bool woken = type != wait_type::wait_write || settle_watch(lane, done);
        if (!lane.pending.empty()) {
            if (lane.fruitless < max_fruitless) {
                arm(type);
            }
            lane.watched = woken;
        }
    }
    if (needs_timer()) {
        arm_timer();
    } else if (timer_armed_) {
        reactor_->cancel_timer();
    }
}

bool endpoint::settle_watch(lane_type& which, operations& done) {
    for (int tries = 0; tries < max_space_retries && !which.pending.empty(); ++tries) {
        if (install(which.pending.front()->what().wanted(context(waiting::in_reactor))) == watch_fsm::action::arm) {
            return true;
        }
        sweep(which, done);
    }
    return which.pending.empty();
}

watch_fsm::action endpoint::install(const watch& wanted) {
    if (!watch_.must_install(wanted)) {
        return watch_fsm::action::arm;
    }
    fault failed;
    const auto state = driver_.watch_space(wanted, failed);
    return failed ? watch_fsm::action::retry : watch_.installed(wanted, state);
}

void endpoint::arm(wait_type type) {
    reactor_->wait(shared_from_this(), type);
    lane_of(type).armed = true;
}

void endpoint::disarm() {
    reactor_->cancel();
    if (timer_armed_) {
        reactor_->cancel_timer();
    }
}

void endpoint::arm_timer() {
    if (timer_armed_) {
        return;
    }
    reactor_->wait_for(shared_from_this(), retry_interval);
    timer_armed_ = true;
}

bool endpoint::needs_timer() const {
    return std::any_of(lanes_.begin(), lanes_.end(), [](const lane_type& each) { return !each.has_wakeup(); }) ||
           !share_a_wakeup(lane_of(wait_type::wait_write));
}

bool endpoint::share_a_wakeup(const lane_type& which) const {
    const auto asynchronous = context(waiting::in_reactor);
    order_gate gate;
    return std::all_of(which.pending.begin(), which.pending.end(), [&](const operation_ptr& op) {
        const auto order = op->what().order(asynchronous);
        const bool is_next = gate.may_pass(order);
        gate.block(order);
        return !is_next || op->what().wanted(asynchronous) == which.pending.front()->what().wanted(asynchronous);
    });
}

endpoint::operations endpoint::take_all() {
    operations taken;
    for (auto& lane : lanes_) {
        std::move(lane.pending.begin(), lane.pending.end(), std::back_inserter(taken));
        lane.pending.clear();
    }
    return taken;
}

endpoint::operations endpoint::abort_all() {
    auto aborted = take_all();
    for (const auto& op : aborted) {
        op->what().fail(aborted_by_program);
    }
    if (timer_armed_) {
        reactor_->cancel_timer();
    }
    return aborted;
}

void endpoint::on_ready(wait_type type, bool has_come) {
    operations done;
    {
        const lock_type lock(mutex_);
        auto& lane = lane_of(type);
        lane.armed = false;
        if (!driver_.is_attached()) {
            return;
        }
        sweep(lane, done);
        if (!done.empty()) {
            lane.fruitless = 0;
        } else if (has_come) {
            ++lane.fruitless;
            // The event may be of a watch that no operation needs any more, and whose destination has gone.
            if (lane_of(wait_type::wait_write).pending.empty()) {
                static_cast<void>(install({}));
            }
        }
        settle(type, done);
    }
    const auto how = done.size() == 1 ? upcall::dispatched : upcall::posted;
    complete_all(std::move(done), how);
}

void endpoint::on_timer() {
    operations done;
    {
        const lock_type lock(mutex_);
        timer_armed_ = false;
        if (!driver_.is_attached()) {
            return;
        }
        for (const auto type : wait_types) {
            auto& lane = lane_of(type);
            lane.fruitless = 0;
            sweep(lane, done);
        }
        auto& writes = lane_of(wait_type::wait_write);
        if (writes.armed && !writes.pending.empty() &&
            watch_.must_install(writes.pending.front()->what().wanted(context(waiting::in_reactor)))) {
            // The wait in the reactor is for an operation that is done: it ends, and starts again for the first one
            // left.
            disarm();
        }
        for (const auto type : wait_types) {
            settle(type, done);
        }
        if (std::any_of(lanes_.begin(), lanes_.end(),
                        [](const lane_type& each) { return each.armed && each.pending.empty(); })) {
            // A wait that no operation needs any more would keep the context running.
            disarm();
        }
    }
    complete_all(std::move(done), upcall::posted);
}

void endpoint::complete_all(operations ops, upcall how) {
    for (auto& op : ops) {
        operation::complete(std::move(op), how);
    }
}

} // namespace libargo::detail
