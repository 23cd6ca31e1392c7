// SPDX-License-Identifier: Apache-2.0
//
// What a node sends: the messages, and what is read out of each.
#include "consensus-source/substrate/chain_answers.hpp"
#include "consensus-source/substrate/storage.hpp"
#include "shared/json_rpc.hpp"

#include <cmw/error.hpp>

#include <cstddef>
#include <cstdint>

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
    attempt([&] {
        const std::string text(reinterpret_cast<const char*>(data), size);
        for (const auto& message : cmw::shared::json_rpc::parse(text)) {
            attempt([&] { cmw::substrate::parse_head(message.value); });
            attempt([&] { cmw::substrate::parse_runtime_version(message.value); });
            attempt([&] { cmw::substrate::parse_sync_state(message.value); });
            attempt([&] { cmw::substrate::parse_health(message.value); });
            attempt([&] { cmw::substrate::parse_hash(message.value, "it"); });
            attempt([&] { cmw::substrate::parse_bytes(message.value, "it"); });
            attempt([&] {
                const auto hash = "0x" + std::string(64, 'a');
                cmw::substrate::parse_values(message.value, {"0x01"}, hash);
            });
        }
    });
    return 0;
}
