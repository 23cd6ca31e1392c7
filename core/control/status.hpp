// SPDX-License-Identifier: Apache-2.0
//
// control/status.hpp - everything that `status` shows, as plain data, and its two forms. The JSON's
// names are a contract (docs/status.md); `null` stands for what is not known.
#pragma once

#include "logs/pipeline.hpp"
#include "plugin_host/plugin.hpp"
#include "supervisor/service.hpp"

#include <map>

namespace cmw::control {

struct ConsensusStatus {
    std::string state; ///< As of plugins: ok, reinitialising, stuck, failed.
    std::uint64_t height = 0;
    bool synced = false; ///< An answer is there, and it does not wait for the chain.
    bool ready = false;
    std::string reason;                          ///< Why not ready, or the last error.
    std::map<std::string, std::string> facts;    ///< "endpoint", "block_hash", ...
    std::map<std::string, std::string> approved; ///< Target to hex.
};

struct ComponentStatus {
    std::string approved, installed, desired; ///< Hex; "" if unknown.
    std::string approved_by;                  ///< The consensus sources that said so.
    std::string
        state; ///< unknown current waiting fetching staged activating held quarantined failed
    std::string reason; ///< Why it is not current, in words.
    bool pinned = false;
    bool held = false;
    std::string ordered_by; ///< Who pinned, held or rolled it back last; "" if nobody did.
    std::vector<std::string> quarantined;
    std::vector<std::string> kept;
    std::vector<std::string> previous; ///< Activated before, newest first.
    struct Announced {
        std::string digest;
        std::uint64_t height = 0; ///< 0: unknown.
        std::string why;
    };
    std::vector<Announced> announced; ///< May be approved later.
    std::string from;                 ///< The binary source's instance.
    struct Progress {
        std::uint64_t received = 0;
        std::uint64_t total = 0; ///< 0: unknown.
    };
    std::optional<Progress> progress; ///< While fetching.
};

/// A command source, and the orders that it brought.
struct OrderStatus {
    std::string error;         ///< Why it cannot be asked, or its certificate not be read.
    std::string refused;       ///< The last file that was refused, and why.
    std::string doing;         ///< The command that is carried out, or waits; "" if none.
    bool asks = false;         ///< It waits for the operator's word.
    std::string last;          ///< The last order that ended, and how.
    std::uint64_t waiting = 0; ///< Orders behind it.
};

struct PluginStatus {
    std::string kind;
    std::string plugin;
    plugin_host::InstanceStatus status;
};

struct Status {
    std::string version;
    std::int64_t pid = 0;
    double uptime_s = 0;
    std::map<std::string, ConsensusStatus> consensus;
    std::map<std::string, ComponentStatus> components;
    std::map<std::string, supervisor::ServiceStatus> services;
    std::map<std::string, PluginStatus> plugins;
    std::map<std::string, logs::StreamStatus> logs;
    std::map<std::string, OrderStatus> orders; ///< By command source.
    std::string logs_stopped_by;               ///< Who stopped their shipping; "": it goes on.
};

/// One line of JSON, as interface.md has it.
std::string to_json(const Status& status);

/// The inverse, for what shows it to people. A host may be older or newer than its reader: what is
/// missing has its default, what is unknown is passed over. The failure: it is not such JSON.
base::Result<Status> parse_status(const std::string& json);

} // namespace cmw::control
