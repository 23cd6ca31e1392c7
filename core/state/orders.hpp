// SPDX-License-Identifier: Apache-2.0
//
// state/orders.hpp - what is known over restarts of the network's orders: which sets were taken, so
// that none is carried out twice, and how far each is carried out.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cmw::state {

/// A set of commands that was taken.
struct OrderRecord {
    std::string digest;     ///< Of its signed line, in hexadecimal: names it.
    std::string file;       ///< As its source calls it.
    std::string line;       ///< What was signed.
    std::int64_t step = 0;  ///< The command that is carried out now, or comes next.
    base::UnixTime until{}; ///< When its delay ends; zero: it has not begun.
    bool approved = false;  ///< The operator has said yes to this step.
    std::string outcome;    ///< "": under way; "done", or why it ended before its last command.

    bool operator==(const OrderRecord&) const = default;
};

struct OrderSource {
    double newest = 0; ///< Timestamp of the newest set that was taken; 0: nothing is known.
    std::optional<std::int64_t> sequence; ///< The highest.
    std::vector<OrderRecord> sets;        ///< In the order they were taken.
};

} // namespace cmw::state
