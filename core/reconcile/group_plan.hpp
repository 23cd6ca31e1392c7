// SPDX-License-Identifier: Apache-2.0
//
// reconcile/group_plan.hpp - the part of the plan that is about files and services that change
// together: activate, start, hold back. Pure; for plan.cpp.
#pragma once

#include "reconcile/policy.hpp"

namespace cmw::reconcile {

/// Components and services that change together: indices into the facts.
struct Group {
    std::vector<std::size_t> components;
    std::vector<std::size_t> services;
};

/// Groups by union of what services share; a component of no service is a group of its own.
std::vector<Group> groups_of(const Facts& facts);

/// Adds what the group needs. `gate` is its own.
void plan_group(const Facts& facts, const Group& group, const Gate& gate, const Now& now,
                Plan& plan);

} // namespace cmw::reconcile
