// SPDX-License-Identifier: Apache-2.0
//
// What a node, a plan and the kept record say. The first byte chooses who reads the rest.
#include "consensus-source/cosmos/binary.hpp"
#include "consensus-source/cosmos/node_rpc.hpp"
#include "consensus-source/cosmos/plan.hpp"
#include "consensus-source/cosmos/record.hpp"

#include <cmw/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace cmw::cosmos;

namespace {

void read(std::uint8_t what, const std::string& text) {
    switch (what) {
    case 'f':
        (void)parse_upgrade_info(text);
        break;
    case 'p':
        (void)parse_current_plan(text);
        break;
    case 'a':
        (void)parse_applied_plan(text);
        break;
    case 'u':
        (void)parse_url(text);
        break;
    case 'b':
        (void)parse_binaries(text, "linux/amd64");
        break;
    case 's':
        (void)parse_status(text);
        break;
    case 'q':
        (void)parse_abci_answer(text);
        break;
    case 'r': {
        const auto record = from_json(text);
        if (from_json(to_json(record)) != record) std::abort();
        break;
    }
    default:
        break;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    try {
        read(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
    } catch (const cmw::Error&) {
    }
    return 0;
}
