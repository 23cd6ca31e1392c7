// SPDX-License-Identifier: Apache-2.0
//
// substrate/settings.hpp - the options of the plugin, as its struct.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cmw::substrate {

/// When this machine may run.
inline constexpr const char* ready_auto = "auto"; ///< As one of the others, by its identity.
inline constexpr const char* ready_synced = "synced";
inline constexpr const char* ready_validator = "validator";
inline constexpr const char* ready_choices[] = {ready_auto, ready_synced, ready_validator, nullptr};

/// What a node must prove of what it says.
inline constexpr const char* verify_none = "none";
inline constexpr const char* verify_proof = "proof";
inline constexpr const char* verify_choices[] = {verify_none, verify_proof, nullptr};

struct Settings {
    std::vector<std::string> endpoints;
    std::int64_t agree = 1;
    std::string pallet = "XXCmix";
    std::string item = "CmixHashes";
    std::map<std::string, std::string> fields;
    std::string algorithm = "blake2s-256";
    std::map<std::string, std::string> types;
    std::optional<std::string> genesis;
    std::string ready = ready_auto;
    std::optional<std::string> committee; ///< Without it, those that are known.
    std::string call = "set_cmix_hashes";
    std::string verify = verify_none;
    std::optional<std::string> checkpoint;
    std::chrono::nanoseconds proof_age = std::chrono::hours(1); ///< 0: any.
    bool require_synced = true;
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(10);
    std::chrono::nanoseconds request_timeout = std::chrono::seconds(30);
    std::chrono::nanoseconds silence_timeout = std::chrono::minutes(2); ///< 0: never.
};

} // namespace cmw::substrate
