// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <libargo/virtio/detail/chain.hpp>
#include <libargo/virtio/detail/wire.hpp>
#include <libargo/virtio/device.hpp>

namespace libargo::virtio {

/// The library's access to a device.
class device_access {
public:
    static void on_config_change(device& target, std::function<void()> handler) {
        const std::lock_guard lock(target.mutex_);
        target.on_config_change_ = std::move(handler);
    }
};

} // namespace libargo::virtio

namespace libargo::virtio::detail {

class link;

/// A message that was received, whose memory a chain may keep.
struct received {
    buffer memory;
    std::size_t size = 0;

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return memory.bytes().first(size); }
};

/// The fate of a record.
enum class outcome : std::uint8_t {
    handed,     ///< to the device
    unfinished, ///< further records of the chain follow
    too_large,  ///< larger than HELLO allows
    not_set_up, ///< dropped
    overrun,    ///< dropped: no memory for more requests without room
    breach,     ///< the device needs a reset now
};

/// One device as its driver domain sees it: status, features, queues, and the chains that are outstanding. No I/O.
class attachment : public std::enable_shared_from_this<attachment> {
public:
    attachment(std::uint16_t number, std::shared_ptr<device> what, std::shared_ptr<completions> home,
               std::shared_ptr<buffer_pool> pool);
    attachment(const attachment&) = delete;
    attachment& operator=(const attachment&) = delete;
    ~attachment();

    /// Lets the device tell of changes. Not in the constructor, where there is no shared pointer yet.
    void listen();

    /// The link that it is on; none after it was taken away.
    [[nodiscard]] std::shared_ptr<link> where() const noexcept { return link_.lock(); }
    void put_on(const std::shared_ptr<link>& where) noexcept { link_ = where; }

    [[nodiscard]] std::uint16_t number() const noexcept { return number_; }
    [[nodiscard]] const device_description& description() const noexcept { return description_; }
    [[nodiscard]] device& what() const noexcept { return *device_; }
    [[nodiscard]] std::uint32_t status() const noexcept { return status_; }

    /// The fate of a control message.
    struct reply {
        std::vector<std::byte> response{}; ///< empty where there is none
        bool makes_sense = true;           ///< a message without response that makes sense is answered later
    };
    /// Answers a control message of this device.
    [[nodiscard]] reply answer(const control& asked);
    /// The response to a reset, once no request of before is in progress.
    [[nodiscard]] std::optional<std::vector<std::byte>> answer_later();

    struct taken {
        outcome what = outcome::not_set_up;
        std::unique_ptr<chain> answer{}; ///< of a request that the device does not get
    };
    /// Takes a REQUEST.
    /// @param message its message, whose memory is taken if that saves a copy
    /// @param alone whether the record is the whole message
    [[nodiscard]] taken take(const record& header, std::span<const std::byte> payload, received& message, bool alone);

    /// A chain has come back from the device. @returns it, if it is to be answered
    [[nodiscard]] std::unique_ptr<chain> finished(std::unique_ptr<chain> what);
    /// Whether a chain's answer still matters.
    [[nodiscard]] bool is_current(const chain& what) const noexcept { return what.life == life_; }
    /// The last record of an answer is in a message: the id is free.
    void answered(const chain& what) noexcept;

    /// Makes the device as new. Chains of before end without effect.
    void reset();
    /// Chains that the device has, those of before a reset too.
    [[nodiscard]] std::size_t in_progress() const noexcept { return in_progress_; }

    /// Whether the device has as many chains without room as a queue has places: further messages had better wait.
    [[nodiscard]] bool is_congested() const noexcept;

    /// The config space has changed. @returns the EVENT_CONFIG
    void bump_generation() noexcept { ++generation_; }
    [[nodiscard]] std::vector<std::byte> config_event() const;

private:
    struct queue {
        std::uint16_t size = 0;             ///< 0: not set up
        std::vector<bool> outstanding{};    ///< by id
        std::size_t silent = 0;             ///< chains without room that the device has
        std::unique_ptr<chain> assembled{}; ///< a chain of which records are missing
        std::size_t gathered = 0;           ///< readable bytes of it so far
        bool refused = false;               ///< it is read and not kept
    };
    using response = std::optional<control_writer>;

    [[nodiscard]] response get_info(control_writer out) const;
    [[nodiscard]] response get_features(control_writer out, std::span<const std::byte> asked) const;
    [[nodiscard]] response set_features(control_writer out, std::span<const std::byte> asked);
    [[nodiscard]] response get_config(control_writer out, std::span<const std::byte> asked) const;
    [[nodiscard]] response set_config(control_writer out, std::span<const std::byte> asked);
    [[nodiscard]] response set_status(control_writer out, const control& asked);
    [[nodiscard]] response get_queue(control_writer out, std::span<const std::byte> asked) const;
    [[nodiscard]] response set_queue(control_writer out, std::span<const std::byte> asked);
    [[nodiscard]] response respond(const control& asked);

    [[nodiscard]] std::unique_ptr<chain> begin(const record& header) const;
    [[nodiscard]] bool may_begin(const queue& where, const record& header) const;
    [[nodiscard]] bool continues(const queue& where, const record& header) const;
    [[nodiscard]] bool is_too_large(std::size_t readable, std::size_t room) const noexcept;
    [[nodiscard]] taken gather(queue& where, const record& header, std::span<const std::byte> payload);
    [[nodiscard]] taken hand_over(queue& where, std::unique_ptr<chain> what);
    [[nodiscard]] taken breach();
    [[nodiscard]] static taken refuse(std::unique_ptr<chain> what);
    [[nodiscard]] bool reserve(chain& what, std::size_t size) const noexcept;

    std::uint16_t number_;
    std::weak_ptr<link> link_;
    std::shared_ptr<device> device_;
    std::shared_ptr<completions> home_;
    std::shared_ptr<buffer_pool> pool_;
    device_description description_;

    std::uint64_t life_ = 1;
    std::uint32_t generation_ = 0;
    std::uint32_t status_ = 0;
    std::uint64_t accepted_ = 0;
    std::optional<std::uint16_t> reset_token_; // of a reset whose response waits
    std::vector<queue> queues_;
    std::size_t in_progress_ = 0;
};

} // namespace libargo::virtio::detail
