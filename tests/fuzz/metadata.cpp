// SPDX-License-Identifier: Apache-2.0
//
// A runtime's metadata, all that is kept of them, and values decoded by what they say: the record,
// a validator's ledger, and the calls of a motion.
#include "consensus-source/substrate/approvals.hpp"
#include "consensus-source/substrate/motions.hpp"
#include "consensus-source/substrate/readiness.hpp"

#include <cmw/error.hpp>

#include <cstddef>
#include <cstdint>

using namespace cmw::substrate;

namespace {

template <class Read>
void attempt(Read read) {
    try {
        read();
    } catch (const cmw::Error&) {
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes(data, size);
    const auto value = bytes.last(bytes.size() / 2);
    const Settings settings{.types = {{"SoftwareHashes", "{server: Hash, gateway: Hash}"}}};
    attempt([&] {
        const auto runtime = read_runtime({}, bytes, settings);
        attempt([&] { approvals(runtime.record, value); });
        attempt([&] { approvals(runtime.record, value, {.fields = {{"x", "extra.0"}}}); });
        if (runtime.validators) {
            const auto& items = *runtime.validators;
            attempt([&] { parse_validators(items.validators, value); });
            attempt([&] { parse_cmix_id(items.ledger, value); });
            if (items.disabled) attempt([&] { parse_disabled(*items.disabled, value, 10); });
        }
        if (!runtime.motions || !runtime.motions->proposals) return;
        const auto calls = Metadata(bytes).item(runtime.motions->committee, "ProposalOf").value;
        attempt([&] { find_calls(decode(calls, value), calls, *runtime.motions, {}); });
    });
    return 0;
}
