// SPDX-License-Identifier: Apache-2.0
//
// reconcile/order.hpp - what an operator may order of a component, and what it means: pure changes
// of its facts, from which the plan follows.
#pragma once

#include "reconcile/facts.hpp"

namespace cmw::reconcile {

struct ComponentOrder {
    enum class What {
        pin,      ///< This digest, whatever consensus says.
        unpin,    ///< What consensus says again.
        hold,     ///< Frozen at what is in use.
        release,  ///< No hold and no roll-back any more, and nothing in quarantine.
        rollback, ///< Back to what was in use before, with all that was activated together with it
                  ///< as one set; what is left is quarantined.
        approve,  ///< What waits for its policy may be activated now.
    };
    What what = What::pin;
    std::string digest; ///< pin: hex; rollback: hex or its first digits, "": the previous one.
    std::string file;   ///< pin: this file instead; absolute.

    bool operator==(const ComponentOrder&) const = default;
};
/// "pin", as on the command line.
std::string_view name(ComponentOrder::What what);
std::optional<ComponentOrder::What> parse_order(std::string_view name);

/// An order that was taken.
struct Taken {
    struct Change {
        std::string component;
        std::string event; ///< For history: "pinned".
        std::optional<Digest> from;
        std::optional<Digest> to;
    };
    std::vector<Change>
        changes;      ///< Of the component it was ordered of, then of those that go with it.
    std::string text; ///< What it means, for who ordered it.
};

/// Changes the facts as ordered of `component`, or tells why it cannot be done. A pin of a file is
/// one of its digest by the time it comes here.
base::Result<Taken> take(Facts& facts, const std::string& component, const ComponentOrder& order);

/// The digests that a roll-back may go to, the likeliest first.
std::vector<Digest> ways_back(const ComponentFacts& facts);

} // namespace cmw::reconcile
