// SPDX-License-Identifier: MIT
#include <libargo/detail/endpoint.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>
#include <string>
#include <utility>

#include <fcntl.h>
#include <poll.h>

#include <boost/asio/error.hpp>

namespace libargo::detail {
namespace {

/// How often operations are tried that no event is awaited for.
constexpr std::chrono::milliseconds retry_interval{5};
/// Wakeups in a row that may complete nothing. More mean that poll() reports what no operation here can consume;
/// waiting on it would keep the processor busy.
constexpr unsigned max_fruitless = 16;
/// Times that an operation is tried when the space it needs comes and goes.
constexpr int max_space_retries = 3;

constexpr std::array wait_types{wait_type::wait_read, wait_type::wait_write, wait_type::wait_error};

template <std::size_t Size> std::string bounded_text(const char (&text)[Size]) { // NOLINT: the ABI's
    return {std::begin(text), std::find(std::begin(text), std::end(text), '\0')};
}

std::uint32_t clamp(std::size_t size) noexcept {
    return static_cast<std::uint32_t>(std::min<std::size_t>(size, std::numeric_limits<std::uint32_t>::max()));
}

std::uint64_t to_kernel(std::chrono::nanoseconds time) noexcept {
    return static_cast<std::uint64_t>(std::max<std::chrono::nanoseconds::rep>(time.count(), 0));
}

std::chrono::nanoseconds to_duration(std::uint64_t nanoseconds) noexcept {
    constexpr auto longest = static_cast<std::uint64_t>(std::chrono::nanoseconds::max().count());
    return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(std::min(nanoseconds, longest)));
}

ring_entry to_ring_entry(const argo_ring_entry& entry) {
    return {.port = entry.port,
            .partner = domid_t{entry.partner},
            .broken = (entry.flags & ARGO_STATUS_BROKEN) != 0,
            .ring_size = entry.ring_size,
            .fill = entry.fill,
            .owner = bounded_text(entry.owner),
            .command = bounded_text(entry.comm),
            .pid = entry.pid,
            .uid = entry.uid,
            .rx_messages = entry.rx_messages,
            .rx_bytes = entry.rx_bytes,
            .tx_messages = entry.tx_messages,
            .tx_bytes = entry.tx_bytes,
            .drops = entry.drops,
            .truncated = entry.truncated,
            .tx_full = entry.tx_full,
            .rx_waits = entry.rx_waits,
            .resets = entry.resets};
}

int query_info(device& driver, int fd, argo_info& info) noexcept {
    info = {};
    info.size = sizeof(info);
    return driver.control(fd, ARGO_IOC_INFO, &info);
}

error_code check_driver(device& driver, int fd, argo_info& info) noexcept {
    const int err = query_info(driver, fd, info);
    if (err == ENOTTY || err == EINVAL) {
        return error::not_an_argo_device;
    }
    if (err == 0 && info.abi_version < ARGO_ABI_VERSION) {
        return error::abi_mismatch;
    }
    return from_errno(err);
}

} // namespace

operation::operation() noexcept
    : id_([] {
          static std::atomic<std::uint64_t> last = 0;
          return ++last;
      }()) {}

/// The handler of a wait for the descriptor, or for the timer.
class endpoint::waiter {
public:
    waiter(std::shared_ptr<endpoint> owner, std::optional<wait_type> what) noexcept
        : owner_(std::move(owner)), what_(what) {}
    waiter(waiter&&) noexcept = default;
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;
    waiter& operator=(waiter&&) = delete;

    /// Asio destroys a handler uncalled when its context ends: nothing will complete the operations any more. They may
    /// own the socket that they were started on, so they have to be destroyed for the endpoint to go.
    ~waiter() {
        if (owner_ != nullptr) {
            owner_->abandon();
        }
    }

    void operator()(const error_code& ec) {
        const auto owner = std::exchange(owner_, nullptr);
        if (what_) {
            owner->on_ready(*what_, ec);
        } else {
            owner->on_timer();
        }
    }

private:
    std::shared_ptr<endpoint> owner_;
    std::optional<wait_type> what_;
};

file_descriptor endpoint::open_device(const char* path, error_code& ec) noexcept {
    file_descriptor file(::open(path, O_RDWR | O_CLOEXEC)); // NOLINT(cppcoreguidelines-pro-type-vararg)
    const int err = file.get() < 0 ? errno : 0;
    ec = err == ENOENT || err == ENXIO || err == ENODEV ? make_error_code(error::no_device) : from_errno(err);
    return file;
}

std::shared_ptr<endpoint> endpoint::create(const boost::asio::any_io_executor& executor, file_descriptor& file,
                                           std::shared_ptr<device> driver, error_code& ec) {
    argo_info info{};
    ec = check_driver(*driver, file.get(), info);
    if (ec) {
        return nullptr;
    }
    auto made = std::make_shared<endpoint>(construction_key{}, executor, std::move(driver));
    made->adopt(file, info.max_batch, ec);
    return ec ? nullptr : made;
}

endpoint::endpoint(construction_key /*key*/, const boost::asio::any_io_executor& executor,
                   std::shared_ptr<device> driver)
    : driver_(std::move(driver)), descriptor_(executor), timer_(executor) {}

void endpoint::adopt(file_descriptor& file, std::size_t max_batch, error_code& ec) {
    const int fd = file.get();
    const int mode = ::fcntl(fd, F_GETFL); // NOLINT(cppcoreguidelines-pro-type-vararg)
    if (mode < 0) {
        ec = from_errno(errno);
        return;
    }
    descriptor_.assign(fd, ec);
    if (ec) {
        return;
    }
    // Asio makes a descriptor non-blocking before it waits for it, unless it was told that it is; the driver would then
    // not wait in synchronous calls. So Asio is told, and the file's mode is put back. Nothing is lost: Asio never
    // reads or writes this descriptor.
    descriptor_.non_blocking(true, ec);
    if (!ec && ::fcntl(fd, F_SETFL, mode) < 0) { // NOLINT(cppcoreguidelines-pro-type-vararg)
        ec = from_errno(errno);
    }
    if (ec) {
        descriptor_.release();
        return;
    }
    fd_ = file.release();
    non_blocking_ = (mode & O_NONBLOCK) != 0;
    max_batch_ = max_batch;
    // A file that was assigned may be connected already; one that cannot say so is not.
    error_code ignored;
    remote_ = status(ignored).remote;
}

int endpoint::native_handle() { return fd_; }

void endpoint::close(error_code& ec) {
    operations aborted;
    {
        const lock_type lock(mutex_);
        if (!descriptor_is_open()) {
            return;
        }
        aborted = abort_all();
        fd_ = -1;
        descriptor_.close(ec);
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
        file = file_descriptor(std::exchange(fd_, -1));
        descriptor_.release();
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
            (*found)->what().fail(boost::asio::error::operation_aborted);
            aborted.push_back(std::move(*found));
            lane.pending.erase(found);
            // Others may have been held back by this one, or the context be kept running by its wait alone: the waits
            // end, and start again for what is left.
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
    static_cast<void>(what.attempt(context(false)));
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
            what.fail(boost::asio::error::operation_aborted);
            done.push_back(std::move(op));
        } else if (!descriptor_is_open()) {
            what.fail(boost::asio::error::bad_descriptor);
            done.push_back(std::move(op));
        } else if (may_start(lane, what) && what.attempt(context(true)) == request::outcome::done) {
            done.push_back(std::move(op));
        } else {
            lane.pending.push_back(std::move(op));
            settle(type, done);
        }
    }
    complete_all(std::move(done), upcall::posted);
}

void endpoint::non_blocking(bool mode, error_code& ec) {
    const int flags = ::fcntl(fd_, F_GETFL); // NOLINT(cppcoreguidelines-pro-type-vararg)
    const int wanted = mode ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (flags < 0 || ::fcntl(fd_, F_SETFL, wanted) < 0) { // NOLINT(cppcoreguidelines-pro-type-vararg)
        ec = from_errno(errno);
        return;
    }
    non_blocking_ = mode;
}

bind_result endpoint::bind(const bind_options& options, error_code& ec) {
    argo_bind request{.size = sizeof(argo_bind),
                      .flags = options.exclusive ? ARGO_BIND_EXCLUSIVE : 0U,
                      .port = options.port,
                      .partner = to_number(options.partner),
                      .domid = 0,
                      .ring_size = clamp(options.ring_size),
                      .max_message = 0};
    ec = from_errno(control(ARGO_IOC_BIND, &request));
    if (ec) {
        return {};
    }
    return {.port = request.port,
            .partner = domid_t{request.partner},
            .domid = domid_t{request.domid},
            .ring_size = request.ring_size,
            .max_message = request.max_message};
}

void endpoint::connect(const address& peer, error_code& ec) {
    const lock_type lock(mutex_);
    argo_connect request{.size = sizeof(argo_connect), .flags = 0, .addr = detail::to_kernel(peer)};
    ec = from_errno(control(ARGO_IOC_CONNECT, &request));
    if (ec) {
        return;
    }
    remote_ = peer;
    watch_.forget();
    // What waits for space was waiting on a watch that is no more.
    disarm();
}

endpoint_status endpoint::status(error_code& ec) const {
    argo_status status{};
    status.size = sizeof(status);
    ec = from_errno(control(ARGO_IOC_STATUS, &status));
    if (ec) {
        return {};
    }
    const auto has = [&status](std::uint32_t bit) { return (status.flags & bit) != 0; };
    endpoint_status result{.bound = has(ARGO_STATUS_BOUND),
                           .connected = has(ARGO_STATUS_CONNECTED),
                           .hung_up = has(ARGO_STATUS_HUP),
                           .broken = has(ARGO_STATUS_BROKEN),
                           .local = from_kernel(status.local),
                           .remote = from_kernel(status.remote),
                           .partner = domid_t{status.partner},
                           .ring_size = status.ring_size,
                           .fill = status.fill,
                           .next_message = std::nullopt};
    if (status.next_len != std::numeric_limits<std::uint32_t>::max()) {
        result.next_message = status.next_len;
    }
    return result;
}

device_info endpoint::info(error_code& ec) const {
    argo_info info{};
    ec = from_errno(query_info(*driver_, fd_, info));
    if (ec) {
        return {};
    }
    return {.abi_version = info.abi_version,
            .domid = domid_t{info.domid},
            .hypervisor = bounded_text(info.hypervisor),
            .max_message = info.max_message,
            .min_ring_size = info.min_ring_size,
            .max_ring_size = info.max_ring_size,
            .default_ring_size = info.default_ring_size,
            .max_rings = info.max_rings,
            .rings = info.rings,
            .max_buffers = info.max_iov,
            .max_batch = info.max_batch};
}

space_state endpoint::space(std::size_t need, const address& destination, error_code& ec) const {
    space_state state;
    ec = from_errno(query_space(*driver_, fd_, {destination, clamp(need)}, ARGO_SPACE_QUERY, state));
    return state;
}

socket_options endpoint::options(error_code& ec) const {
    argo_options options{};
    options.size = sizeof(options);
    ec = from_errno(control(ARGO_IOC_OPTIONS, &options));
    if (ec) {
        return {};
    }
    return {.send_low_water_mark = options.send_lowat,
            .type = message_type{options.type},
            .send_timeout = to_duration(options.send_timeout_ns),
            .receive_timeout = to_duration(options.recv_timeout_ns)};
}

void endpoint::set_options(const socket_options& options, std::uint32_t which, error_code& ec) {
    argo_options request{.size = sizeof(argo_options),
                         .flags = which,
                         .send_lowat = clamp(options.send_low_water_mark),
                         .type = to_number(options.type),
                         .send_timeout_ns = to_kernel(options.send_timeout),
                         .recv_timeout_ns = to_kernel(options.receive_timeout)};
    ec = from_errno(control(ARGO_IOC_OPTIONS, &request));
}

std::vector<ring_entry> endpoint::list_rings(error_code& ec) const {
    // Rings may come while they are listed: ask again until all fit.
    std::vector<argo_ring_entry> entries(64);
    for (;;) {
        argo_list list{.size = sizeof(argo_list),
                       .flags = 0,
                       .entries = reinterpret_cast<std::uintptr_t>(entries.data()),
                       .entry_size = sizeof(argo_ring_entry),
                       .count = clamp(entries.size())};
        ec = from_errno(control(ARGO_IOC_LIST, &list));
        if (ec) {
            return {};
        }
        if (list.count <= entries.size()) {
            entries.resize(list.count);
            break;
        }
        entries.resize(list.count + 16);
    }
    std::vector<ring_entry> result;
    result.reserve(entries.size());
    std::transform(entries.begin(), entries.end(), std::back_inserter(result), to_ring_entry);
    return result;
}

void endpoint::wait(wait_type type, error_code& ec) {
    short events = POLLPRI;
    if (type == wait_type::wait_read) {
        events = POLLIN;
    } else if (type == wait_type::wait_write) {
        events = POLLOUT;
        const lock_type lock(mutex_);
        if (lane_of(type).pending.empty()) {
            static_cast<void>(install({}));
        }
    }
    pollfd polled{.fd = fd_, .events = events, .revents = 0};
    ec = from_errno(::poll(&polled, 1, -1) < 0 ? errno : 0);
}

request_context endpoint::context(bool may_wait) const noexcept {
    return {.driver = *driver_, .fd = fd_, .max_batch = max_batch_, .remote = remote_, .may_wait = may_wait};
}

int endpoint::control(unsigned long request, void* argument) const noexcept {
    int err = 0;
    do {
        err = driver_->control(fd_, request, argument);
    } while (err == EINTR);
    return err;
}

bool endpoint::may_start(const lane_type& which, const request& what) const {
    order_gate gate;
    for (const auto& op : which.pending) {
        gate.block(op->what().order(context(true)));
    }
    return gate.may_pass(what.order(context(true)));
}

void endpoint::sweep(lane_type& which, operations& done) {
    order_gate gate;
    for (auto it = which.pending.begin(); it != which.pending.end();) {
        auto& what = (*it)->what();
        const auto order = what.order(context(true));
        if (gate.may_pass(order) && what.attempt(context(true)) == request::outcome::done) {
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
        timer_.cancel();
    }
}

bool endpoint::settle_watch(lane_type& which, operations& done) {
    for (int tries = 0; tries < max_space_retries && !which.pending.empty(); ++tries) {
        if (install(which.pending.front()->what().wanted(context(true))) == watch_fsm::action::arm) {
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
    space_state state;
    if (query_space(*driver_, fd_, wanted, ARGO_SPACE_WATCH, state) != 0) {
        return watch_fsm::action::retry;
    }
    return watch_.installed(wanted, state);
}

void endpoint::arm(wait_type type) {
    descriptor_.async_wait(type, waiter(shared_from_this(), type));
    lane_of(type).armed = true;
}

void endpoint::disarm() {
    error_code ignored;
    descriptor_.cancel(ignored);
    if (timer_armed_) {
        timer_.cancel();
    }
}

void endpoint::arm_timer() {
    if (timer_armed_) {
        return;
    }
    timer_.expires_after(retry_interval);
    timer_.async_wait(waiter(shared_from_this(), std::nullopt));
    timer_armed_ = true;
}

bool endpoint::needs_timer() const {
    if (std::any_of(lanes_.begin(), lanes_.end(),
                    [](const lane_type& each) { return !each.pending.empty() && (!each.armed || !each.watched); })) {
        return true;
    }
    // The wakeup is for the first one; others that may complete before it have none.
    const auto& pending = lanes_.at(static_cast<std::size_t>(wait_type::wait_write)).pending;
    order_gate gate;
    for (const auto& op : pending) {
        const auto& what = op->what();
        const auto order = what.order(context(true));
        if (op != pending.front() && gate.may_pass(order) &&
            what.wanted(context(true)) != pending.front()->what().wanted(context(true))) {
            return true;
        }
        gate.block(order);
    }
    return false;
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
        op->what().fail(boost::asio::error::operation_aborted);
    }
    if (timer_armed_) {
        timer_.cancel();
    }
    return aborted;
}

void endpoint::on_ready(wait_type type, const error_code& ec) {
    operations done;
    {
        const lock_type lock(mutex_);
        auto& lane = lane_of(type);
        lane.armed = false;
        if (!descriptor_is_open()) {
            return;
        }
        sweep(lane, done);
        if (!done.empty()) {
            lane.fruitless = 0;
        } else if (!ec) {
            ++lane.fruitless;
            // A watch that nobody needs any more may be what wakes us: its destination has gone.
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
        if (!descriptor_is_open()) {
            return;
        }
        for (const auto type : wait_types) {
            auto& lane = lane_of(type);
            lane.fruitless = 0;
            sweep(lane, done);
        }
        auto& writes = lane_of(wait_type::wait_write);
        if (writes.armed && !writes.pending.empty() &&
            watch_.must_install(writes.pending.front()->what().wanted(context(true)))) {
            // The wait in the reactor is for one that is done: it ends, and starts again for the first that is left.
            disarm();
        }
        for (const auto type : wait_types) {
            settle(type, done);
        }
        if (std::any_of(lanes_.begin(), lanes_.end(),
                        [](const lane_type& each) { return each.armed && each.pending.empty(); })) {
            // A wait that nobody needs any more would keep the context running.
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
