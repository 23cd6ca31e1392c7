// SPDX-License-Identifier: Apache-2.0
//
// commands/next_step.hpp - what comes next of a set that is being carried out. Pure.
#pragma once

#include "commands/command_set.hpp"
#include "config/settings.hpp"
#include "state/orders.hpp"

namespace cmw::commands {

struct NextStep {
    enum class What {
        finish,     ///< All commands are done.
        skip,       ///< The command is for other nodes.
        ask,        ///< It waits for the operator.
        identify,   ///< It waits until this node's id is known.
        refuse,     ///< The configuration refuses it: the set ends.
        begin_wait, ///< A delay begins.
        wait,       ///< A delay lasts: `rest`.
        pass,       ///< A delay is over.
        carry_out
    };
    What what = What::finish;
    base::Nanoseconds rest{};

    bool operator==(const NextStep&) const = default;
};

/// `node_id`: nothing if it is not known yet.
NextStep next_step(const CommandSet& set, const state::OrderRecord& record,
                   const config::OrderSettings& settings, const std::optional<std::string>& node_id,
                   base::UnixTime now);

} // namespace cmw::commands
