// SPDX-License-Identifier: Apache-2.0
//
// state/history.hpp - what happened and why, kept over restarts: one row for each approval seen,
// fetch, refusal, activation, roll-back, start, crash, order.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace cmw::state {

struct HistoryEntry {
    std::int64_t id = 0; ///< Grows; set by the database.
    base::UnixTime time;
    std::string kind;  ///< "component", "service", "host", "consensus"
    std::string name;  ///< Of the component or service; "" for the host.
    std::string event; ///< "approved", "fetched", "refused", "activated", "started", "crashed" ...
    std::string from;  ///< Digest in hex, where it went from one to another; "" if none.
    std::string to;
    std::string why;  ///< In words: the block, the extrinsic or file, what was wrong.
    std::string by{}; ///< Who ordered it: "operator alice (uid 1000)".
    std::optional<base::Nanoseconds> downtime{}; ///< How long services were down for it.

    bool operator==(const HistoryEntry&) const = default;
};

} // namespace cmw::state
