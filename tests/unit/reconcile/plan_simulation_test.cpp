// SPDX-License-Identifier: Apache-2.0
//
// The planner against a world that fails at random: a seed that breaks a rule is printed.
#include "reconcile/plan.hpp"

#include <random>

using namespace cmw::reconcile;
using cmw::base::Monotonic;
using cmw::supervisor::ServiceState;
using namespace std::chrono_literals;

namespace {

Digest digest(unsigned n) {
    return {"blake2s-256", std::vector<std::uint8_t>(32, static_cast<std::uint8_t>(n + 1))};
}

/// Two services that share one of three files, another with one of its own, and one file alone.
class World {
  public:
    explicit World(unsigned seed) : random_(seed) {
        for (const auto* name : {"server", "libpow", "gateway", "alone", "shared"}) {
            ComponentFacts c;
            c.name = name;
            facts_.components.push_back(c);
            facts_.sources[name] = {true, ""};
        }
        for (const auto& [name, parts] : std::map<std::string, std::vector<std::string>>{
                 {"cmix", {"server", "libpow", "shared"}},
                 {"helper", {"shared"}},
                 {"gate", {"gateway"}}}) {
            ServiceFacts s;
            s.name = name;
            s.components = parts;
            facts_.services.push_back(s);
        }
    }

    void turn(bool calm) {
        now_ += 1s;
        if (!calm) disturb();
        for (const auto& step : make_plan(facts_, now_).steps) carry_out(step, calm);
        check();
    }

    void check_settled() {
        for (const auto& c : facts_.components) {
            CHECK(c.approved.has_value());
            CHECK(c.installed == c.approved);
        }
        for (const auto& s : facts_.services) CHECK(s.state == ServiceState::running);
        CHECK(make_plan(facts_, now_).steps.empty());
    }
    void approve_all() {
        for (auto& c : facts_.components) c.approved = digest(3);
    }

  private:
    unsigned below(unsigned n) {
        return std::uniform_int_distribution<unsigned>(0, n - 1)(random_);
    }

    void disturb() {
        auto& c = facts_.components[below(5)];
        auto& s = facts_.services[below(3)];
        switch (below(6)) {
        case 0:
            c.approved = digest(below(4));
            break;
        case 1:
            s.state = ServiceState::stopped;
            break; // It ended.
        case 2:
            c.installed = digest(9);
            break; // Somebody wrote to it.
        case 3:
            c.stored.clear();
            break;
        case 4:
            host_killed();
            break;
        default:
            break;
        }
    }

    void host_killed() {
        for (auto& c : facts_.components) {
            c.inspected = false;
            c.not_before = {};
        }
    }

    ComponentFacts& component(const std::string& name) {
        return *std::ranges::find(facts_.components, name, &ComponentFacts::name);
    }
    ServiceFacts& service(const std::string& name) {
        return *std::ranges::find(facts_.services, name, &ServiceFacts::name);
    }

    void carry_out(const Step& step, bool calm) {
        const bool fails = !calm && below(3) == 0;
        switch (step.what) {
        case Step::Do::inspect:
            component(step.component).inspected = true;
            return;
        case Step::Do::fetch:
            CHECK(step.digest == desired(component(step.component)));
            if (fails)
                component(step.component).not_before = now_ + 3s;
            else
                component(step.component).stored.insert(*step.digest);
            return;
        case Step::Do::stage:
            CHECK(component(step.component).stored.contains(*step.digest));
            if (!fails) component(step.component).staged = step.digest;
            return;
        case Step::Do::activate:
            return activate(step, fails);
        case Step::Do::start:
            return start(service(step.service));
        case Step::Do::hold_back:
            CHECK_FALSE(is_up(service(step.service)));
            return;
        }
    }

    static bool is_up(const ServiceFacts& s) { return s.state == ServiceState::running; }

    /// A kill may come between any two swaps: then nothing is started.
    void activate(const Step& step, bool killed) {
        for (const auto& [name, digest] : step.changes) CHECK(component(name).staged == digest);
        for (const auto& name : step.restarts) service(name).state = ServiceState::stopped;
        for (const auto& [name, digest] : step.changes) {
            if (killed && below(2) == 0) return host_killed();
            component(name).installed = digest;
            component(name).staged.reset();
        }
        for (const auto& [name, digest] : step.changes) component(name).activated = digest;
        for (const auto& name : step.starts) start(service(name));
    }

    void start(ServiceFacts& s) {
        CHECK(why_not_startable(facts_, s).empty());
        for (const auto& name : s.components) {
            CHECK(component(name).installed != digest(9)); // Never what nobody approved.
            s.runs[name] = component(name).installed;
        }
        s.state = ServiceState::running;
    }

    void check() const {
        for (const auto& s : facts_.services)
            if (is_up(s))
                for (const auto& name : s.components) CHECK(s.runs.at(name).has_value());
    }

    std::minstd_rand random_;
    Monotonic now_{1h};
    Facts facts_;
};

} // namespace

TEST_CASE("after any trouble every file is the approved one and every program runs with it") {
    for (unsigned seed = 1; seed <= 500; ++seed) {
        CAPTURE(seed);
        World world(seed);
        for (int i = 0; i < 60; ++i) world.turn(false);
        world.approve_all();
        for (int i = 0; i < 20; ++i) world.turn(true);
        world.check_settled();
    }
}
