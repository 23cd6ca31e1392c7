// SPDX-License-Identifier: Apache-2.0
//
// substrate/settings.hpp - the options of the plugin, as its struct.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cmw::substrate {

struct Settings {
    std::vector<std::string> endpoints;
    std::string pallet = "XXCmix";
    std::string item = "CmixHashes";
    std::string algorithm = "blake2s-256";
    std::optional<std::string> genesis;
    bool require_synced = true;
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(10);
    std::chrono::nanoseconds request_timeout = std::chrono::seconds(30);
    std::chrono::nanoseconds silence_timeout = std::chrono::minutes(2); ///< 0: never.
};

} // namespace cmw::substrate
