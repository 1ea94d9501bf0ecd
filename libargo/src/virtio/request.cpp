// SPDX-License-Identifier: MIT
#include <libargo/virtio/request.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <libargo/virtio/detail/chain.hpp>

namespace libargo::virtio {

request::request(std::unique_ptr<detail::chain> what) noexcept : what_(std::move(what)) {}

request::request(request&& other) noexcept = default;

request& request::operator=(request&& other) noexcept {
    if (this != &other) {
        fail();
        what_ = std::move(other.what_);
    }
    return *this;
}

request::~request() { fail(); }

std::uint16_t request::queue() const noexcept { return what_->queue; }

std::span<const std::byte> request::readable() const noexcept { return what_->readable; }

std::size_t request::room() const noexcept { return what_->room_size; }

std::span<std::byte> request::fill(std::size_t offset, std::size_t size) {
    if (offset > what_->room_size || size > what_->room_size - offset) {
        throw std::out_of_range("virtio: a device fills more than the room of a request");
    }
    if (size == 0) {
        return {};
    }
    if (what_->room.empty()) {
        what_->room = what_->pool->take(what_->room_size);
    }
    detail::add_part(what_->written, {offset, size});
    return what_->room.bytes().subspan(offset, size);
}

void request::write(std::size_t offset, std::span<const std::byte> bytes) {
    std::copy(bytes.begin(), bytes.end(), fill(offset, bytes.size()).begin());
}

void request::complete(std::size_t used) {
    if (used > what_->room_size) {
        throw std::out_of_range("virtio: a device says that it wrote more than the room of a request");
    }
    what_->used = static_cast<std::uint32_t>(used);
    end();
}

void request::fail() noexcept {
    if (what_ != nullptr) {
        what_->failed = true;
        end();
    }
}

void request::end() noexcept {
    const auto home = std::move(what_->home); // which is to hold the chain, and not itself
    what_->readable = {};
    what_->readable_memory = {};
    home->finished(std::move(what_));
}

} // namespace libargo::virtio
