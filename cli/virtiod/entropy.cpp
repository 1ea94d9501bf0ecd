// SPDX-License-Identifier: MIT
#include "virtiod/entropy.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <linux/virtio_ids.h>

namespace argovirtiod {
namespace {

constexpr std::uint16_t queue_size = 8;
/// A driver that wants more asks again. getrandom() gives so much in one piece, whatever signal comes.
constexpr std::size_t most = 256;

} // namespace

libargo::virtio::device_description entropy_device::describe() const {
    return {.id = VIRTIO_ID_RNG, .queue_sizes = {queue_size}};
}

void entropy_device::handle(libargo::virtio::request what) {
    const auto room = what.fill(0, std::min(what.room(), most));
    // Without waiting: a domain that has just begun may have no entropy itself.
    const auto got = ::getrandom(room.data(), room.size(), GRND_NONBLOCK);
    if (got < 0 || static_cast<std::size_t>(got) != room.size()) {
        what.fail();
        return;
    }
    what.complete(room.size());
}

} // namespace argovirtiod
