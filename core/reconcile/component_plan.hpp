// SPDX-License-Identifier: Apache-2.0
//
// reconcile/component_plan.hpp - the part of the plan that is about one component alone: what it is
// to be, and what brings it there without stopping anything. Pure; for plan.cpp.
#pragma once

#include "reconcile/policy.hpp"

namespace cmw::reconcile {

/// Adds the component's view and at most one step. `gate` is that of its group.
void plan_component(const ComponentFacts& component, const Gate& gate, const Now& now, Plan& plan);

/// Notes that a failed try may be repeated then; whether that is now or was before.
bool is_due(base::Monotonic not_before, const Now& now, Plan& plan);

/// For people: the first 12 digits, or "nothing".
std::string short_hex(const std::optional<Digest>& digest);

} // namespace cmw::reconcile
