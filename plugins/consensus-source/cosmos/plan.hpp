// SPDX-License-Identifier: Apache-2.0
//
// cosmos/plan.hpp - an upgrade plan of x/upgrade, in the forms in which a node gives it.
//
// Sources: cosmos-sdk x/upgrade (types.Plan, Keeper.DumpUpgradeInfoToDisk, query.proto) and the
// encoding of Protocol Buffers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cmw::cosmos {

struct Plan {
    std::string name;
    std::uint64_t height = 0; ///< The first block that only the new program can execute; not 0.
    std::string info;         ///< What the proposal says of the binaries; see binary.hpp.

    bool operator==(const Plan&) const = default;
    /// Whether they are the same upgrade.
    bool is(const Plan& other) const { return name == other.name && height == other.height; }
    /// "upgrade \"v2\" at height 123"
    std::string text() const;
};

/// The file upgrade-info.json, which a node writes when it halts. Throws cmw::Error(CMW_INVALID)
/// that says what is wrong, as with one that is half written.
Plan parse_upgrade_info(std::string_view json);

/// The bytes of a QueryCurrentPlanResponse; nothing if no upgrade is planned. Throws
/// cmw::Error(CMW_INVALID).
std::optional<Plan> parse_current_plan(std::string_view bytes);

/// The bytes of a QueryAppliedPlanRequest.
std::string applied_plan_request(const std::string& name);

/// The bytes of a QueryAppliedPlanResponse: the height at which the chain made the upgrade; 0: never.
std::uint64_t parse_applied_plan(std::string_view bytes);

} // namespace cmw::cosmos
