// SPDX-License-Identifier: MIT
// argo-net-tool: what the tests of network devices send.
#include "commands.hpp"
#include "net_datagrams.hpp"
#include "net_frames.hpp"

namespace {

constexpr const char* usage = R"(usage:
  argo-net-tool echo --port P                               sends UDP datagrams back; until killed
  argo-net-tool sizes --to ADDRESS --port P --most N [--step S]
                                                            datagrams of each size up to N, which have to come back
  argo-net-tool nonsense --to DOMID [--port ARGO-PORT]      frames that make no sense, over /dev/argo
One line of JSON with the result.
)";

} // namespace

int main(int argc, char** argv) {
    return guest::run_command(
        argc, argv,
        {{"echo", guest::echo_datagrams}, {"sizes", guest::send_each_size}, {"nonsense", guest::send_nonsense}}, usage);
}
