// SPDX-License-Identifier: Apache-2.0
//
// reconcile/policy.hpp - when a newly approved set may take the place of the one in use: at once,
// after the operator's word, or in a window; each with a delay of this host's own. Pure.
//
// Only a set that consensus newly approved waits. What the operator ordered, what repairs a damaged
// file, what goes on with a begun activation, and what a service is down for the want of, does not.
#pragma once

#include "reconcile/plan.hpp"

#include <span>

namespace cmw::reconcile {

/// Whether a new set may be activated now.
struct Gate {
    bool open = true;
    std::string reason;                     ///< Why not, in words.
    std::optional<base::UnixTime> opens_at; ///< Nothing: when somebody says so.

    bool operator==(const Gate&) const = default;
};

/// The gate of one policy, for a digest that was approved at `approved_at`.
Gate gate_of(const config::ActivationSettings& policy, const std::string& component,
             base::UnixTime approved_at, double share, base::UnixTime now);

/// The share of a spread that this host waits for this digest: from 0 to less than 1, the same
/// whenever it is asked.
double share_of(const std::string& seed, const Digest& digest);

/// Whether what is desired of the component is subject to its policy.
bool waits_for_policy(const ComponentFacts& component);

/// The gate of components that change together (indices into the facts), with the services that
/// use them: open when every policy is.
Gate gate_of(const Facts& facts, std::span<const std::size_t> components,
             std::span<const std::size_t> services, const Now& now);

/// What is to be in place now: what is desired, or what is in use while the gate is closed.
std::optional<Digest> place_of(const ComponentFacts& component, const Gate& gate);

} // namespace cmw::reconcile
