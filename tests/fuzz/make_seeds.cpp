// SPDX-License-Identifier: MIT
// Writes the seed corpus of fuzz_ring: rings as the hypervisor leaves them, and the first steps off that path.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "reference_writer.hpp"
#include "ring_input.hpp"

namespace {

using namespace argo_test;

class corpus {
public:
    explicit corpus(std::filesystem::path directory) : directory_(std::move(directory)) {
        std::filesystem::create_directories(directory_);
    }

    void add(const std::string& name, const ring_memory& ring, u32 rx) const {
        const argo_fuzz::ring_input input{.length_slots = static_cast<u16>(ring.len() / 16 - 3),
                                          .rx_slot = static_cast<u16>(rx / 16),
                                          .tx = ring.tx_index(),
                                          .from = 5,
                                          .raw_tx = 1,
                                          .layout = 0};
        const std::vector<u8> bytes = argo_fuzz::serialize(input, ring.data());
        std::ofstream file(directory_ / name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        if (!file.flush()) {
            throw std::runtime_error("cannot write " + (directory_ / name).string());
        }
    }

private:
    std::filesystem::path directory_;
};

void add_good_rings(const corpus& out) {
    for (const u32 len : {48u, 64u, 256u, 2048u}) {
        for (const u32 start : {0u, 16u, len - 32, len - 16}) {
            const std::string where = std::to_string(len) + "-from-" + std::to_string(start);
            const ring_memory ring(len);
            reference_writer writer(ring, start);
            out.add("empty-" + where, ring, start);
            u32 size = 0;
            while (
                writer.send({.port = 4096 + size, .domid = 1, .type = size, .payload = std::vector<u8>(size, 0x5a)}) ==
                send_result::sent) {
                size += 7;
            }
            out.add("full-" + where, ring, start);

            const ring_memory one(len);
            reference_writer largest(one, start);
            largest.send(
                {.port = 1, .domid = 2, .type = 3, .payload = std::vector<u8>(argo_ring_max_message(len), 0xa5)});
            out.add("largest-" + where, one, start);
        }
    }
}

void add_bad_rings(const corpus& out) {
    const ring_memory ring(256);
    for (const u32 tx : {8u, 256u, 0xfffffff0u}) {
        ring.tx_index() = tx;
        out.add("tx-" + std::to_string(tx), ring, 0);
    }
    for (const u32 msg_len : {0u, 15u, 81u, 0x80000000u, 0xfffffff1u}) {
        reference_writer writer(ring, 224);
        writer.forge(msg_len, 80);
        out.add("length-" + std::to_string(msg_len), ring, 224);
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: make_seeds DIRECTORY\n";
        return 2;
    }
    try {
        const corpus out(argv[1]);
        add_good_rings(out);
        add_bad_rings(out);
    } catch (const std::exception& error) {
        std::cerr << "make_seeds: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
