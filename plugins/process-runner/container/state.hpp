// SPDX-License-Identifier: Apache-2.0
//
// container/state.hpp - a container as the engine tells of it, and what its end means. Pure.
#pragma once

#include <cmw/process_runner.hpp>
#include <map>

namespace cmw::container {

/// Labels of our containers.
namespace label {
constexpr const char* owner = "cmix-wrapper.owner";     ///< The host's state folder.
constexpr const char* service = "cmix-wrapper.service"; ///< As configured.
constexpr const char* output = "cmix-wrapper.stdout";   ///< Path on this machine; "": none.
constexpr const char* errors = "cmix-wrapper.stderr";   ///< Likewise.
} // namespace label

struct State {
    enum class Phase {
        made, ///< Never started.
        runs,
        ended
    };
    std::string id;
    Phase phase = Phase::made;
    std::int64_t pid = 0; ///< Of the program, as the engine sees it.
    std::int64_t exit_code = 0;
    bool out_of_memory = false;
    std::string error; ///< Of the engine, why it could not start.
    std::map<std::string, std::string> labels;
};

/// Of GET /containers/ID/json. Throws cmw::Error(CMW_INVALID).
State parse_state(const std::string& json);

/// An engine has one number for both: above 128 it is a signal, as a shell has it.
cmw_exit exit_of(const State& state) noexcept;

} // namespace cmw::container
