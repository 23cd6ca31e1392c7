// SPDX-License-Identifier: Apache-2.0
//
// reconcile/quarantine.hpp - which sets of files are not to be activated, and until when. Pure.
//
// What failed, failed together, and what the operator left he left together: each digest of the set
// is quarantined with the whole set as its cause, and for all of them it ends at once. Else half of
// a set would be activated with what was before the other half, which nobody ever approved, or stay
// away from a successor that it was approved with.
#pragma once

#include "reconcile/facts.hpp"

namespace cmw::reconcile {

/// Refuses the set: digests by component, of those in `facts`.
void quarantine(Facts& facts, const std::map<std::string, Digest>& set, Quarantine::Cause cause);

/// Ends the quarantine of `digest`, for all that were quarantined with it; a roll-back that left
/// them is over too. The names of the components that it changed.
std::set<std::string> end_quarantine(Facts& facts, const std::string& component,
                                     const Digest& digest);
/// The same of all digests of the component.
std::set<std::string> end_quarantine(Facts& facts, const std::string& component);

/// "it failed together with libpow abc…", "it was rolled back".
std::string in_words(const Quarantine& quarantine, const std::string& component);

} // namespace cmw::reconcile
