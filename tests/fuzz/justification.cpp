// SPDX-License-Identifier: Apache-2.0
//
// A justification from the network, alone and in the answer to grandpa_proveFinality, before a set
// whose first keys are the voters that the bytes name: signatures are looked at, too.
#include "consensus-source/substrate/grandpa.hpp"

#include <cmw/error.hpp>

#include <algorithm>
#include <cstddef>

using namespace cmw::substrate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes(data, size);
    AuthoritySet set{130024, {{Hash{}, 1}}};
    constexpr std::size_t first_voter = 8 + 32 + 4 + 1 + 32 + 4 + 64;
    constexpr std::size_t precommit = 32 + 4 + 64 + 32;
    for (auto at = first_voter; at + 32 <= size && set.authorities.size() < 4; at += precommit) {
        Authority authority{{}, 1};
        std::ranges::copy(bytes.subspan(at, 32), authority.key.begin());
        set.authorities.push_back(authority);
    }
    const auto check = [&](auto get) {
        try {
            check_justification(get(), set);
        } catch (const cmw::Error&) {
        }
    };
    check([&] { return bytes; });
    check([&] { return decode_finality_proof(bytes).justification; });
    return 0;
}
