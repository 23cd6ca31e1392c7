// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/plugin.hpp - one plugin of a loaded library: what its descriptor said, copied and
// checked, and the table to call it through.
#pragma once

#include "base/problem.hpp"
#include "config/options.hpp"

#include <cmw/abi/plugin.h>
#include <string>

namespace cmw::plugin_host {

struct Plugin {
    config::PluginSchema schema; ///< Kind without its version: "log-backend".
    std::string version;
    std::string summary;
    std::string license;
    std::string author;
    std::string homepage;
    std::string file;                  ///< The library that holds it.
    const cmw_plugin* table = nullptr; ///< Never unloaded; nullptr: see `refusal`.
    std::string refusal;               ///< Why it could not be loaded; each session fails with it.
};

/// What stands in for a plugin that cannot be loaded, so that the rest of a host runs, and says why
/// this does not.
Plugin absent_plugin(std::string_view kind, std::string_view name, const base::Problem& why);

/// How a call into a plugin failed.
struct Failure {
    cmw_status status = CMW_FAILED; ///< Never CMW_OK; a number that we do not know is CMW_FAILED.
    std::string text;               ///< One line, for the operator.
    base::Nanoseconds retry_after{};
};

/// "again", "denied": the status in a word, for messages and `status`.
std::string_view name(cmw_status status);

/// The state of an instance, as `status` shows it.
struct InstanceStatus {
    enum class State { ok, reinitialising, stuck, failed };
    /// Of the last call. Cancelled, not found and unsupported are answers like any other: ok.
    State state = State::ok;
    std::uint64_t reinitialisations = 0; ///< Sessions that were given up for a new one.
    std::string last_error;              ///< "" if none yet.
};
std::string_view name(InstanceStatus::State state);

} // namespace cmw::plugin_host
