// SPDX-License-Identifier: MIT
#include "stream_vchan.hpp"

#include "arguments.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

// It does not say itself that it is C.
extern "C" {
#include <libxenvchan.h>
}

namespace guest::stream {

namespace {

// Either way. The server of a channel makes both.
constexpr std::size_t ring_size = std::size_t{64} << 10;
constexpr const char* gone = "the other side of the channel has gone";

struct close_channel {
    void operator()(libxenvchan* channel) const { ::libxenvchan_close(channel); }
};

using channel_ptr = std::unique_ptr<libxenvchan, close_channel>;

channel_ptr checked(libxenvchan* channel, const std::string& doing) {
    if (channel == nullptr) {
        throw std::system_error(errno, std::generic_category(), doing);
    }
    // A field of one bit and with a sign: this is its 1.
    channel->blocking = -1;
    return channel_ptr{channel};
}

/// Where the two find each other, in the part of xenstore that is the server's own.
std::string path_of(const place& where) { return "data/argo-stream-bench/" + std::to_string(where.port); }

class vchan_connection : public connection {
public:
    explicit vchan_connection(libxenvchan& channel) : channel_{&channel} {}

    std::size_t read(std::span<std::byte> data) override {
        const auto got = ::libxenvchan_read(channel_, data.data(), data.size());
        if (got <= 0) {
            throw std::runtime_error(gone);
        }
        return static_cast<std::size_t>(got);
    }

    void write(std::span<const std::byte> data) override {
        while (!data.empty()) {
            const auto sent = ::libxenvchan_write(channel_, data.data(), data.size());
            if (sent <= 0) {
                throw std::runtime_error(gone);
            }
            data = data.subspan(static_cast<std::size_t>(sent));
        }
    }

private:
    libxenvchan* channel_;
};

class vchan_client final : public vchan_connection {
public:
    explicit vchan_client(channel_ptr channel) : vchan_connection{*channel}, channel_{std::move(channel)} {}

private:
    channel_ptr channel_;
};

class vchan_listener final : public listener {
public:
    explicit vchan_listener(const place& where)
        : channel_{checked(::libxenvchan_server_init(nullptr, arguments::parse<std::uint16_t>(where.to),
                                                     path_of(where).c_str(), ring_size, ring_size),
                           "making a channel for domain " + where.to)} {
        // One client after another uses the same rings, which each leaves empty.
        channel_->server_persist = -1;
    }

    /// A client is there when its first bytes are.
    std::unique_ptr<connection> accept() override {
        while (::libxenvchan_data_ready(channel_.get()) == 0) {
            if (::libxenvchan_wait(channel_.get()) != 0) {
                throw std::system_error(errno, std::generic_category(), "waiting for a client");
            }
        }
        return std::make_unique<vchan_connection>(*channel_);
    }

private:
    channel_ptr channel_;
};

} // namespace

std::unique_ptr<listener> listen_vchan(const place& where) { return std::make_unique<vchan_listener>(where); }

std::unique_ptr<connection> connect_vchan(const place& where) {
    const auto path = "/local/domain/" + where.to + "/" + path_of(where);
    return std::make_unique<vchan_client>(
        checked(::libxenvchan_client_init(nullptr, arguments::parse<std::uint16_t>(where.to), path.c_str()),
                "opening the channel of domain " + where.to));
}

} // namespace guest::stream
