// SPDX-License-Identifier: MIT
// argo-net-tool: the frames and datagrams that the tests of network devices send.
#include "commands.hpp"
#include "net_datagrams.hpp"
#include "net_frames.hpp"
#include "net_hostile.hpp"

namespace {

constexpr const char* usage = R"(usage:
  argo-net-tool echo --port P                               sends UDP datagrams back; until killed
  argo-net-tool sizes --to ADDRESS --port P --most N [--step S]
                                                            datagrams of each size up to N, which have to come back
  argo-net-tool nonsense --to DOMID [--port ARGO-PORT]      frames that make no sense, over /dev/argo
  argo-net-tool hold --from DOMID [--ring-size N]           a device's ring that is never read; until killed
  argo-net-tool segments --to DOMID --size S --count N --forward ADDRESS
                                                            TCP frames of 64 KB, to be cut into segments of S bytes
  argo-net-tool fill --to DOMID                             frames until there is no room for one more
  argo-net-tool sources --to DOMID --count N [--first F]    frames from N source addresses; then as hold
One line of JSON with the result.
)";

} // namespace

int main(int argc, char** argv) {
    return guest::run_command(argc, argv,
                              {{"echo", guest::echo_datagrams},
                               {"sizes", guest::send_each_size},
                               {"nonsense", guest::send_nonsense},
                               {"hold", guest::hold_ring},
                               {"segments", guest::send_segments},
                               {"fill", guest::fill_ring},
                               {"sources", guest::send_sources}},
                              usage);
}
