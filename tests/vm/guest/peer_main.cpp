// SPDX-License-Identifier: MIT
#include "arguments.hpp"
#include "peer_servant.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        const guest::arguments options{argc, argv};
        guest::servant servant{options.number<std::uint32_t>("port", guest::protocol::default_port)};
        std::cout << "ready" << std::endl;
        servant.serve();
    } catch (const std::exception& error) {
        std::cerr << "argo-test-peer: " << error.what() << '\n';
        return 1;
    }
}
