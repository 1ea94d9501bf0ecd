// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

#include <boost/asio/buffer.hpp>

#include <libargo/batch.hpp>
#include <libargo/detail/iovec_list.hpp>
#include <libargo/detail/request.hpp>

namespace libargo::detail {

/// A buffer sequence in the driver's form.
template <class BufferSequence> [[nodiscard]] iovec_list to_iovecs(const BufferSequence& buffers) {
    iovec_list list;
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto it = boost::asio::buffer_sequence_begin(buffers); it != end; ++it) {
        const boost::asio::const_buffer buffer(*it);
        list.add(buffer.data(), buffer.size());
    }
    return list;
}

/// Sends the messages of a program.
class send_messages final : public send_many_request {
public:
    explicit send_messages(std::span<const outgoing_message> messages)
        : send_many_request(messages.size()), messages_(messages) {}

    void prepare() override {
        table_.reserve(messages_.size());
        for (const auto& message : messages_) {
            table_.add(to_iovecs(message.buffers), message.destination, message.type);
        }
    }

private:
    std::span<const outgoing_message> messages_;
};

/// Receives to the buffers of a program.
class receive_messages final : public receive_many_request {
public:
    explicit receive_messages(std::span<incoming_message> messages)
        : receive_many_request(messages.size()), messages_(messages) {}

    void prepare() override {
        table_.reserve(messages_.size());
        for (const auto& message : messages_) {
            table_.add(to_iovecs(message.buffers), {domid_t{0}, 0}, {});
        }
    }

private:
    void store(std::size_t index, const message_info& info) noexcept override { messages_[index].info = info; }

    std::span<incoming_message> messages_;
};

} // namespace libargo::detail
