// SPDX-License-Identifier: MIT
#include "virtiod/block.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <endian.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>

namespace argovirtiod {
namespace {

using libargo::virtio::request;

constexpr std::uint64_t sector_size = 512;
constexpr std::uint16_t queue_size = 128;
/// A segment is a page, and with the headers there are no more than 64 pieces, so that Linux gathers a write of any
/// size without a copy, and sends it in one message.
constexpr std::size_t segment_size = 4096;
constexpr std::size_t most_segments = 62;
constexpr std::size_t most_data = most_segments * segment_size;
constexpr std::size_t header_size = sizeof(virtio_blk_outhdr);
constexpr std::size_t range_size = sizeof(virtio_blk_discard_write_zeroes);
/// Of a range that is discarded; storage does that without I/O of that size.
constexpr std::uint32_t most_discarded = 1U << 21U;
constexpr std::uint32_t most_discards = 16;
/// Of the one range that is zeroed. Where storage cannot do that, zeroes are written: a request does not keep a thread
/// for minutes.
constexpr std::uint32_t most_zeroed = 1U << 16U;

[[nodiscard]] constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }

[[nodiscard]] std::uint8_t to_status(io_status what) {
    switch (what) {
    case io_status::ok:
        return VIRTIO_BLK_S_OK;
    case io_status::unsupported:
        return VIRTIO_BLK_S_UNSUPP;
    case io_status::error:
        break;
    }
    return VIRTIO_BLK_S_IOERR;
}

} // namespace

block_device::block_device(std::shared_ptr<const image> storage, options chosen, run_function run)
    : storage_(std::move(storage)), options_(std::move(chosen)), run_(std::move(run)), capacity_(storage_->measure()),
      data_limit_(most_data) {}

libargo::virtio::device_description block_device::describe() const {
    const auto& file = storage_->chosen();
    std::uint64_t features = bit(VIRTIO_BLK_F_SIZE_MAX) | bit(VIRTIO_BLK_F_SEG_MAX) | bit(VIRTIO_BLK_F_BLK_SIZE);
    if (file.read_only) {
        features |= bit(VIRTIO_BLK_F_RO);
    } else {
        features |= bit(VIRTIO_BLK_F_DISCARD) | bit(VIRTIO_BLK_F_WRITE_ZEROES);
        // A driver that knows of no cache expects that what is written is on the disk.
        features |= file.write_through ? 0 : bit(VIRTIO_BLK_F_FLUSH);
    }
    return {.id = VIRTIO_ID_BLOCK,
            .features = features,
            .config_size = sizeof(virtio_blk_config),
            .queue_sizes = {queue_size},
            .max_chain = most_data + segment_size};
}

void block_device::linked(const libargo::virtio::link_limits& limits) {
    const std::size_t fits = std::min(limits.request - std::min(limits.request, header_size), limits.answer - 1);
    data_limit_ = std::clamp(fits / segment_size * segment_size, segment_size, most_data);
}

void block_device::read_config(std::size_t offset, std::span<std::byte> into) const {
    virtio_blk_config config{};
    config.capacity = htole64(capacity_ / sector_size);
    config.size_max = htole32(segment_size);
    config.seg_max = htole32(static_cast<std::uint32_t>(data_limit_ / segment_size));
    config.blk_size = htole32(storage_->block_size());
    config.num_queues = htole16(1);
    const std::uint32_t alignment = htole32(static_cast<std::uint32_t>(storage_->block_size() / sector_size));
    config.max_discard_sectors = htole32(most_discarded);
    config.max_discard_seg = htole32(most_discards);
    config.discard_sector_alignment = alignment;
    config.max_write_zeroes_sectors = htole32(most_zeroed);
    config.max_write_zeroes_seg = htole32(1);
    config.write_zeroes_may_unmap = 1;
    const auto bytes = std::as_bytes(std::span(&config, 1)).subspan(offset, into.size());
    std::copy(bytes.begin(), bytes.end(), into.begin());
}

bool block_device::resize() {
    const std::uint64_t now = storage_->measure();
    if (capacity_.exchange(now) == now) {
        return false;
    }
    config_changed();
    return true;
}

void block_device::end(request& what, std::uint8_t status) {
    const std::byte last{status};
    const std::size_t room = what.room();
    what.write(room - 1, std::span(&last, 1));
    what.complete(room);
}

bool block_device::read_at_once(request& what) const {
    virtio_blk_outhdr header{};
    std::memcpy(&header, what.readable().data(), header_size);
    const std::uint64_t sector = le64toh(header.sector);
    const std::size_t size = what.room() - 1;
    if (le32toh(header.type) != VIRTIO_BLK_T_IN || !holds(sector, size) ||
        !storage_->read_cached(sector * sector_size, what.fill(0, size))) {
        return false;
    }
    end(what, VIRTIO_BLK_S_OK);
    return true;
}

void block_device::handle(request what) {
    if (what.room() == 0 || what.readable().size() < header_size) {
        what.fail();
        return;
    }
    if (read_at_once(what)) {
        return;
    }
    // std::function holds what can be copied only.
    auto kept = std::make_shared<request>(std::move(what));
    run_([self = shared_from_this(), kept] { end(*kept, self->serve(*kept)); });
}

std::uint8_t block_device::serve(request& what) const {
    virtio_blk_outhdr header{};
    std::memcpy(&header, what.readable().data(), header_size);
    const auto data = what.readable().subspan(header_size);
    const std::uint64_t sector = le64toh(header.sector);
    const bool read_only = storage_->chosen().read_only;
    switch (le32toh(header.type)) {
    case VIRTIO_BLK_T_IN:
        return read(what, sector);
    case VIRTIO_BLK_T_OUT:
        return read_only ? VIRTIO_BLK_S_IOERR : write(data, sector);
    case VIRTIO_BLK_T_FLUSH:
        return to_status(storage_->flush());
    case VIRTIO_BLK_T_GET_ID:
        return name_itself(what);
    case VIRTIO_BLK_T_DISCARD:
        return read_only ? VIRTIO_BLK_S_IOERR : discard_or_zero(data, false);
    case VIRTIO_BLK_T_WRITE_ZEROES:
        return read_only ? VIRTIO_BLK_S_IOERR : discard_or_zero(data, true);
    default:
        return VIRTIO_BLK_S_UNSUPP;
    }
}

bool block_device::holds(std::uint64_t sector, std::uint64_t size) const noexcept {
    // A part of a sector at the end of a file is no sector.
    const std::uint64_t sectors = capacity_ / sector_size;
    return size % sector_size == 0 && sector <= sectors && size / sector_size <= sectors - sector;
}

std::uint8_t block_device::read(request& what, std::uint64_t sector) const {
    const std::size_t size = what.room() - 1;
    if (!holds(sector, size)) {
        return VIRTIO_BLK_S_IOERR;
    }
    const auto into = what.fill(0, size);
    const auto done = storage_->read(sector * sector_size, into);
    if (done != io_status::ok) {
        // All of the room is sent, and a part may be of another request.
        std::fill(into.begin(), into.end(), std::byte{0});
    }
    return to_status(done);
}

std::uint8_t block_device::write(std::span<const std::byte> data, std::uint64_t sector) const {
    return holds(sector, data.size()) ? to_status(storage_->write(sector * sector_size, data))
                                      : std::uint8_t{VIRTIO_BLK_S_IOERR};
}

std::uint8_t block_device::discard_or_zero(std::span<const std::byte> data, bool zero) const {
    if (data.empty() || data.size() % range_size != 0 || data.size() / range_size > (zero ? 1 : most_discards)) {
        return VIRTIO_BLK_S_UNSUPP;
    }
    for (; !data.empty(); data = data.subspan(range_size)) {
        virtio_blk_discard_write_zeroes range{};
        std::memcpy(&range, data.data(), range_size);
        const std::uint64_t sector = le64toh(range.sector);
        const std::uint32_t sectors = le32toh(range.num_sectors);
        const std::uint32_t flags = le32toh(range.flags);
        const std::uint64_t size = sectors * sector_size;
        if ((flags & ~(zero ? std::uint32_t{VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP} : 0U)) != 0 ||
            sectors > (zero ? most_zeroed : most_discarded)) {
            return VIRTIO_BLK_S_UNSUPP;
        }
        if (!holds(sector, size)) {
            return VIRTIO_BLK_S_IOERR;
        }
        if (sectors == 0) {
            continue;
        }
        const auto done = zero ? storage_->write_zeroes(sector * sector_size, size, flags != 0)
                               : storage_->discard(sector * sector_size, size);
        // To discard is advice, which storage may not be able to take.
        if (done == io_status::error || (zero && done == io_status::unsupported)) {
            return to_status(done);
        }
    }
    return VIRTIO_BLK_S_OK;
}

std::uint8_t block_device::name_itself(request& what) const {
    if (what.room() - 1 < VIRTIO_BLK_ID_BYTES) {
        return VIRTIO_BLK_S_IOERR;
    }
    const auto into = what.fill(0, VIRTIO_BLK_ID_BYTES);
    std::fill(into.begin(), into.end(), std::byte{0});
    const auto name = std::as_bytes(std::span(options_.serial));
    std::copy_n(name.begin(), std::min(name.size(), into.size()), into.begin());
    return VIRTIO_BLK_S_OK;
}

} // namespace argovirtiod
