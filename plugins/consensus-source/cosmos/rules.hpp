// SPDX-License-Identifier: Apache-2.0
//
// cosmos/rules.hpp - when an upgrade is due. Pure.
//
// A node that reaches the height of a plan that it does not know writes upgrade-info.json and halts.
// But such a file is found at other times, too: written ahead by a tool (cosmos-sdk #22167, #19227),
// left by the last upgrade, come with a snapshot, of an upgrade that was skipped. And a node at the
// height may never open its RPC again, because it halts while it replays that block (#22731,
// #23676). So:
//
// - A node that answers is believed: below the block before the plan's it did not halt for it, and
//   then only a file that is written again counts: it writes it when it does halt. At that block or
//   the next it did. Above, the chain itself is asked whether it made the upgrade.
// - Of a node that does not answer, a file that came since it did counts if the chain was seen to plan
//   that upgrade; and any file that is written once more: a node does so each time that it is started
//   at that height, and a tool writes it once.
// - Without an RPC to ask, each new file counts.
// - A file that was there when the operator gave the digest to run is older than his word: it counts
//   when it is written again.
#pragma once

#include "consensus-source/cosmos/record.hpp"

namespace cmw::cosmos {

/// What was found when one looked.
struct Sight {
    std::optional<Plan> file;            ///< upgrade-info.json, if it is there and whole.
    std::string stamp;                   ///< Its own; another one when it is written again.
    bool asked = false;                  ///< There is an RPC to ask.
    std::optional<std::uint64_t> height; ///< Of the newest block, if the node answered.
    bool plan_known = false;             ///< The node said what is planned:
    std::optional<Plan> plan;
    std::optional<std::uint64_t> applied; ///< Height at which the chain made the file's upgrade.
};

/// The record to begin with: the one that was kept, unless the operator gave another digest since.
/// `base` is the option, "" if there is none.
Record begin(std::optional<Record> kept, const std::string& base, const Binary& given,
             const Sight& sight);

/// Whether the chain has to be asked if it made the file's upgrade.
bool must_ask_applied(const Record& record, const Sight& sight);

/// What follows from the sight. record.due is set once an upgrade is due.
struct Ruling {
    Record record;
    std::string problem; ///< What an operator should know; "" if all is well.
};
Ruling judge(Record record, const Sight& sight);

/// The node waits for the upgrade that was due: its binary is approved, or nothing is, and why.
Record take_due(Record record, std::optional<Binary> binary, std::string missing);

} // namespace cmw::cosmos
