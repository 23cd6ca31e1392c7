// SPDX-License-Identifier: Apache-2.0
//
// Facts for tables of tests: one service that runs with one component, all as it should be.
#pragma once

#include "reconcile/plan.hpp"
#include "reconcile/quarantine.hpp"

namespace cmw::test {

using namespace reconcile;
using Steps = std::vector<std::string>;

inline const Now now{base::Monotonic(std::chrono::hours(1)),
                     base::UnixTime(std::chrono::hours(480'000))};

inline base::Digest digest(char c) {
    return {"blake2s-256", std::vector<std::uint8_t>(32, static_cast<std::uint8_t>(c))};
}
inline const base::Digest old_one = digest('o');
inline const base::Digest new_one = digest('n');
inline const base::Digest forged = digest('f');

inline ComponentFacts component(const std::string& name) {
    ComponentFacts c;
    c.name = name;
    c.inspected = true;
    c.approved = c.activated = c.installed = old_one;
    return c;
}

inline ServiceFacts service(const std::string& name, std::vector<std::string> components) {
    ServiceFacts s;
    s.name = name;
    s.components = std::move(components);
    s.state = supervisor::ServiceState::running;
    for (const auto& part : s.components) s.runs[part] = old_one;
    return s;
}

inline Facts settled() {
    Facts facts;
    facts.components = {component("server")};
    facts.services = {service("cmix", {"server"})};
    facts.sources["server"].ready = true;
    facts.seed = "seed";
    return facts;
}

/// Did not work, alone.
inline void fail(Facts& facts, const base::Digest& digest, const std::string& of = "server") {
    quarantine(facts, {{of, digest}}, Quarantine::Cause::failed);
}

inline std::vector<std::string> steps(const Facts& facts, const Now& when = now) {
    std::vector<std::string> names;
    for (const auto& step : make_plan(facts, when).steps)
        names.push_back(std::string(name(step.what)) + " " + step.component + step.service);
    return names;
}

inline ComponentView view(const Facts& facts, const std::string& of = "server") {
    return make_plan(facts, now).components.at(of);
}
inline std::string state(const Facts& facts, const std::string& of = "server") {
    return view(facts, of).state;
}

} // namespace cmw::test
