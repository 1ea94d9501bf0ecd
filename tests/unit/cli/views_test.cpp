// SPDX-License-Identifier: MIT
#include "output/bench_view.hpp"
#include "output/info_view.hpp"
#include "output/ping_view.hpp"
#include "output/rings_view.hpp"
#include "output/transfer_view.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace argoctl::output {
namespace {

using namespace std::chrono_literals;

constexpr libargo::address peer{libargo::domid_t{3}, 5000};

TEST(InfoView, TextAndJson) {
    libargo::device_info info;
    info.abi_version = 1;
    info.domid = libargo::domid_t{3};
    info.hypervisor = "xen";
    info.max_message = 16777120;
    info.min_ring_size = 4096;
    info.max_ring_size = 16777152;
    info.default_ring_size = 65536;
    info.max_rings = 128;
    info.rings = 2;
    info.max_buffers = 64;
    info.max_batch = 256;
    EXPECT_EQ(info_text(info), "hypervisor         xen\n"
                               "domain             3\n"
                               "ABI version        1\n"
                               "rings              2 of 128\n"
                               "ring size          4096 to 16777152 bytes, 65536 by default\n"
                               "largest message    16777120 bytes\n"
                               "buffers a message  64\n"
                               "messages a call    256\n");
    EXPECT_EQ(to_line(info_json(info)),
              R"({"schema":1,"command":"info","hypervisor":"xen","domid":3,"abi_version":1,"rings":2,"max_rings":128,)"
              R"("min_ring_size":4096,"max_ring_size":16777152,"default_ring_size":65536,"max_message":16777120,)"
              R"("max_buffers":64,"max_batch":256})");
}

std::vector<libargo::ring_entry> two_rings() {
    libargo::ring_entry echo;
    echo.port = 5000;
    echo.ring_size = 65536;
    echo.fill = 32768;
    echo.owner = "argo_char";
    echo.command = "argo-ctl";
    echo.pid = 812;
    echo.uid = 1000;
    echo.rx_messages = 10;
    echo.rx_bytes = 560;
    echo.tx_messages = 9;
    echo.tx_bytes = 504;
    echo.drops = 1;
    echo.truncated = 2;
    echo.tx_full = 3;
    echo.rx_waits = 4;
    echo.resets = 5;
    libargo::ring_entry vsock;
    vsock.port = 1;
    vsock.partner = libargo::domid_t{7};
    vsock.ring_size = 4096;
    vsock.owner = "argo_vsock";
    vsock.broken = true;
    return {echo, vsock};
}

TEST(RingsView, Text) {
    EXPECT_EQ(
        rings_text(two_rings()),
        "PORT  PARTNER  OWNER       PROCESS         SIZE  FILL  RX-MSGS  RX-BYTES  TX-MSGS  TX-BYTES  DROPS  TRUNC"
        "  TX-FULL  RX-WAITS  RESETS  STATE\n"
        "5000      any  argo_char   argo-ctl[812]  65536   50%       10       560        9       504      1      2"
        "        3         4       5  ok\n"
        "   1        7  argo_vsock  -               4096    0%        0         0        0         0      0      0"
        "        0         0       0  broken\n");
}

TEST(RingsView, Json) {
    EXPECT_EQ(to_line(rings_json(two_rings())),
              R"({"schema":1,"command":"rings","rings":[)"
              R"({"port":5000,"partner":null,"owner":"argo_char","command":"argo-ctl","pid":812,"uid":1000,)"
              R"("ring_size":65536,"fill":32768,"rx_messages":10,"rx_bytes":560,"tx_messages":9,"tx_bytes":504,)"
              R"("drops":1,"truncated":2,"tx_full":3,"rx_waits":4,"resets":5,"broken":false},)"
              R"({"port":1,"partner":7,"owner":"argo_vsock","command":"","pid":0,"uid":0,)"
              R"("ring_size":4096,"fill":0,"rx_messages":0,"rx_bytes":0,"tx_messages":0,"tx_bytes":0,)"
              R"("drops":0,"truncated":0,"tx_full":0,"rx_waits":0,"resets":0,"broken":true}]})");
}

TEST(RingsView, ProcessNamesAreMadeHarmless) {
    auto rings = two_rings();
    rings[0].command = "\x1b[2J\xff";
    EXPECT_EQ(rings_text(rings).find('\x1b'), std::string::npos);
    EXPECT_NO_THROW(static_cast<void>(to_line(rings_json(rings))));
}

TEST(PingView, Replies) {
    const ping::reply reply{ping::reply_kind::in_time, 0, 1234us};
    EXPECT_EQ(ping_reply_text(peer, reply, 56), "56 bytes from 3:5000: seq=1 time=1.234 ms");
    EXPECT_EQ(ping_reply_text(peer, {ping::reply_kind::duplicate, 6, 2ms}, 56),
              "56 bytes from 3:5000: seq=7 time=2.000 ms (duplicate)");
    EXPECT_EQ(ping_reply_text(peer, {ping::reply_kind::late, 6, 2s}, 56),
              "56 bytes from 3:5000: seq=7 time=2000.000 ms (late, counted as lost)");
    EXPECT_EQ(to_line(ping_reply_json(peer, reply, 56)),
              R"({"schema":1,"command":"ping","event":"reply","peer":"3:5000","seq":1,"size":56,"time_ns":1234000,)"
              R"("kind":"in-time"})");
}

ping::summary three_of_four() {
    ping::summary sum;
    sum.sent = 4;
    sum.received = 3;
    sum.lost = 1;
    sum.duplicates = 2;
    sum.elapsed = 3003ms;
    for (const auto time : {1ms, 2ms, 3ms}) {
        sum.times.add(time);
    }
    return sum;
}

TEST(PingView, Statistics) {
    EXPECT_EQ(ping_summary_text(peer, three_of_four()), "--- 3:5000 ping statistics ---\n"
                                                        "4 sent, 3 received, 2 duplicates, 25% loss, time 3003 ms\n"
                                                        "rtt min/avg/max/mdev = 1.000/2.000/3.000/0.816 ms\n");
    EXPECT_EQ(to_line(ping_summary_json(peer, three_of_four())),
              R"({"schema":1,"command":"ping","event":"statistics","peer":"3:5000","sent":4,"received":3,"lost":1,)"
              R"("loss_percent":25.0,"errors":0,"late":0,"duplicates":2,"corrupt":0,"pending":0,)"
              R"("elapsed_ns":3003000000,"rtt_ns":{"min":1000000,"avg":2000000,"max":3000000,"mdev":816497}})");
}

TEST(PingView, StatisticsOfNothing) {
    EXPECT_EQ(ping_summary_text(peer, {}), "--- 3:5000 ping statistics ---\n0 sent, 0 received, 0% loss, time 0 ms\n");
    EXPECT_TRUE(ping_summary_json(peer, {})["rtt_ns"].is_null());
}

bench_row measured() {
    bench_row row;
    row.mode = bench::mode::one_way;
    row.size = 1024;
    row.batch = 8;
    row.sent = 2000;
    row.elapsed = 2s;
    row.report = {2000, 0, 0, 0, 0};
    for (int i = 1; i <= 100; ++i) {
        row.latency.add(std::chrono::nanoseconds(i));
    }
    return row;
}

TEST(BenchView, Text) {
    EXPECT_EQ(
        bench_header() + bench_line(measured()),
        "MODE           SIZE  MESSAGES      MB/S  MESSAGES/S       P50       P90       P99     P99.9       MAX RESULT\n"
        "one-way        1024      2000      1.02        1000     50 ns     90 ns     99 ns    100 ns    100 ns none "
        "lost\n");
}

TEST(BenchView, Trouble) {
    auto row = measured();
    EXPECT_TRUE(row.clean());
    row.report = {1997, 3, 2, 0, 0};
    EXPECT_FALSE(row.clean());
    EXPECT_NE(bench_line(row).find(" 3 lost, 2 reordered\n"), std::string::npos);
}

TEST(BenchView, Json) {
    const std::vector<bench_row> rows{measured()};
    EXPECT_EQ(to_line(bench_json(peer, rows)),
              R"({"schema":1,"command":"bench","peer":"3:5000","results":[{"mode":"one-way","size":1024,"batch":8,)"
              R"("sent":2000,"received":2000,"lost":0,"reordered":0,"duplicates":0,"wrong_size":0,)"
              R"("elapsed_ns":2000000000,"megabytes_per_second":1.024,"messages_per_second":1000.0,)"
              R"("latency_ns":{"p50":50,"p90":90,"p99":99,"p99.9":100,"max":100}}]})");
}

TEST(BenchView, NothingMeasuredIsNoDivisionByZero) {
    EXPECT_EQ(bench_row{}.messages_per_second(), 0.0);
    EXPECT_EQ(bench_row{}.megabytes_per_second(), 0.0);
}

transfer_summary sent() {
    transfer_summary sum;
    sum.command = "send";
    sum.peer = peer;
    sum.name = "backup.img";
    sum.bytes = 3 << 20;
    sum.elapsed = 500ms;
    return sum;
}

TEST(TransferView, Text) {
    auto sum = sent();
    EXPECT_EQ(transfer_text(sum), "3.0 MiB to 3:5000 in 0.50 s (6.0 MiB/s)");
    sum.command = "recv";
    EXPECT_EQ(transfer_text(sum), "3.0 MiB from 3:5000 in 0.50 s (6.0 MiB/s)");
}

TEST(TransferView, ChecksumLineIsThatOfSha256sum) {
    sha256::digest digest{};
    digest.back() = std::byte{0x1f};
    const std::string hex = std::string(62, '0') + "1f";
    EXPECT_EQ(checksum_line(digest, "a b"), hex + "  a b");
    EXPECT_EQ(checksum_line(digest, "a\\b\nc"), "\\" + hex + "  a\\\\b\\nc");
}

TEST(TransferView, Json) {
    auto sum = sent();
    EXPECT_EQ(to_line(transfer_json(sum)),
              R"({"schema":1,"command":"send","ok":true,"error":null,"peer":"3:5000","name":"backup.img",)"
              R"("bytes":3145728,"elapsed_ns":500000000,"sha256":null,"verified":false})");
    sum.error = "the receiver failed: disk full";
    sum.peer.reset();
    sum.digest = sha256::digest{};
    const auto doc = transfer_json(sum);
    EXPECT_EQ(doc["ok"], false);
    EXPECT_EQ(doc["error"], "the receiver failed: disk full");
    EXPECT_TRUE(doc["peer"].is_null());
    EXPECT_EQ(doc["sha256"], std::string(64, '0'));
}

} // namespace
} // namespace argoctl::output
