// SPDX-License-Identifier: MIT
#pragma once

#include <libargo/batch.hpp>

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace argoctl {

/// The messages of one call, all of one size. They are allocated once, so that the measured loop allocates nothing.
class bench_buffers {
public:
    bench_buffers(std::size_t messages, std::size_t size)
        : size_(size), memory_(messages * size), writable_(messages), readable_(messages), incoming_(messages),
          outgoing_(messages) {
        for (std::size_t i = 0; i < messages; ++i) {
            writable_[i] = boost::asio::buffer(at(i).data(), size_);
            readable_[i] = writable_[i];
            incoming_[i].buffers = std::span(&writable_[i], 1);
            outgoing_[i].buffers = std::span(&readable_[i], 1);
        }
    }

    [[nodiscard]] std::size_t messages() const { return incoming_.size(); }
    [[nodiscard]] std::span<std::byte> at(std::size_t i) { return std::span(memory_).subspan(i * size_, size_); }

    /// The messages as receive buffers.
    [[nodiscard]] std::span<libargo::incoming_message> incoming() { return incoming_; }

    /// The first @p count messages, with the addresses that address() gave them.
    [[nodiscard]] std::span<const libargo::outgoing_message> outgoing(std::size_t count) const {
        return std::span(outgoing_).first(count);
    }
    void address(std::size_t i, const libargo::address& destination, libargo::message_type type, std::size_t size) {
        readable_[i] = boost::asio::buffer(at(i).data(), size);
        outgoing_[i].destination = destination;
        outgoing_[i].type = type;
    }

private:
    std::size_t size_;
    std::vector<std::byte> memory_;
    std::vector<boost::asio::mutable_buffer> writable_;
    std::vector<boost::asio::const_buffer> readable_;
    std::vector<libargo::incoming_message> incoming_;
    std::vector<libargo::outgoing_message> outgoing_;
};

} // namespace argoctl
