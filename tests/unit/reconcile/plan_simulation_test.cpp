// SPDX-License-Identifier: Apache-2.0
//
// The planner against a world that fails at random, sources that do not agree, and an operator who
// orders this and that: a seed that breaks a rule is printed.
#include "consensus/agreement.hpp"
#include "reconcile/order.hpp"
#include "reconcile/policy.hpp"
#include "reconcile/quarantine.hpp"

#include <random>

using namespace cmw::reconcile;
using cmw::base::Monotonic;
using cmw::config::Activate;
using cmw::supervisor::ServiceState;
using namespace std::chrono_literals;

namespace {

Digest digest(unsigned n) {
    return {"blake2s-256", std::vector<std::uint8_t>(32, static_cast<std::uint8_t>(n + 1))};
}
const Digest bad = digest(2);    ///< Does not run: it is put back and quarantined.
const Digest good = digest(3);   ///< What everybody approves in the end.
const Digest forged = digest(9); ///< What nobody ever approved.
const std::vector<std::string> sources{"chain", "mirror", "other"};

/// Two services that share one of three files, another with one of its own, and one file alone.
class World {
  public:
    explicit World(unsigned seed) : random_(seed) {
        facts_.seed = std::to_string(seed);
        for (const auto* name : {"server", "libpow", "gateway", "alone", "shared"}) {
            ComponentFacts c;
            c.name = name;
            facts_.components.push_back(c);
            facts_.sources[name].ready = true;
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
        service("gate").activation = {
            Activate::window, {*cmw::base::parse_window("02:00-03:00")}, 10min};
        component("libpow").activation = {Activate::manual, {}, {}};
        component("alone").activation = {std::nullopt, {}, 20min};
    }

    void turn(bool calm) {
        pass(calm ? std::chrono::seconds(1200) : std::chrono::seconds(1));
        if (!calm) disturb();
        if (calm) agree_to_all();
        for (const auto& step : make_plan(facts_, now_).steps) carry_out(step, calm);
        check();
    }

    void calm_down() {
        for (const auto& source : sources)
            for (const auto& c : facts_.components) verdicts_[source].approved[c.name] = good;
        hear();
        for (auto& c : facts_.components) {
            (void)take(facts_, c.name, {ComponentOrder::What::unpin, {}, {}});
            (void)take(facts_, c.name, {ComponentOrder::What::release, {}, {}});
            c.announced.clear();
        }
    }

    void check_settled() {
        for (const auto& c : facts_.components) {
            CHECK(c.approved == good);
            CHECK(c.installed == c.approved);
            CHECK(c.activated == c.approved);
        }
        for (const auto& s : facts_.services) CHECK(s.state == ServiceState::running);
        CHECK(make_plan(facts_, now_).steps.empty());
    }

    unsigned activations = 0;

  private:
    unsigned below(unsigned n) {
        return std::uniform_int_distribution<unsigned>(0, n - 1)(random_);
    }
    void pass(std::chrono::seconds time) {
        now_.monotonic += time;
        now_.unix += time;
    }

    void disturb() {
        auto& c = facts_.components[below(5)];
        switch (below(9)) {
        case 0:
            verdicts_[sources[below(3)]].approved[c.name] = digest(below(5));
            hear();
            break;
        case 1:
            facts_.services[below(3)].state = ServiceState::stopped;
            break; // It ended.
        case 2:
            c.installed = forged;
            break; // Somebody wrote to it.
        case 3:
            c.stored.clear();
            break;
        case 4:
            host_killed();
            break;
        case 5:
            order(c);
            break;
        case 6:
            pass(std::chrono::minutes(below(300)));
            break;
        case 7:
            c.announced = {{{digest(below(5)), c.name, {}}, 1, ""}};
            break;
        default:
            break;
        }
    }

    /// Two of the three sources must agree.
    void hear() {
        for (auto& c : facts_.components) {
            std::vector<cmw::consensus::Opinion> opinions;
            for (const auto& source : sources) opinions.push_back({source, &verdicts_[source]});
            const auto found = cmw::consensus::agree(opinions, c.name, 2);
            if (found.approved && found.approved != c.approved)
                note_approved(facts_, c, *found.approved, now_.unix);
        }
    }

    void order(ComponentFacts& c) {
        ComponentOrder order;
        order.what = static_cast<ComponentOrder::What>(below(6));
        const bool named = order.what == ComponentOrder::What::pin ||
                           (order.what == ComponentOrder::What::rollback && below(2) == 0);
        if (named) order.digest = digest(below(5)).hex();
        (void)take(facts_, c.name, order); // A refusal changes nothing: see order_test.
    }

    void agree_to_all() {
        for (auto& c : facts_.components)
            (void)take(facts_, c.name, {ComponentOrder::What::approve, {}, {}});
    }

    void host_killed() {
        for (auto& c : facts_.components) {
            c.inspected = false;
            c.not_before = {};
            c.ahead.reset();
            cmw::state::ComponentRecord record;
            keep(c, record);
            recall(c, record);
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
            check_wanted(component(step.component), *step.digest);
            if (fails)
                component(step.component).not_before = now_.monotonic + 3s;
            else
                component(step.component).stored.insert(*step.digest);
            return;
        case Step::Do::fetch_ahead:
            CHECK(step.digest != desired(component(step.component)));
            if (!fails) component(step.component).stored.insert(*step.digest);
            return;
        case Step::Do::stage:
            check_wanted(component(step.component), *step.digest);
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
        case Step::Do::stop:
            FAIL("no service here is to stop when consensus says so");
        }
    }

    static void check_wanted(const ComponentFacts& c, const Digest& digest) {
        CHECK((desired(c) == digest || c.activated == digest));
        CHECK_FALSE(c.quarantined.contains(digest));
        CHECK(digest != forged);
    }

    static bool is_up(const ServiceFacts& s) { return s.state == ServiceState::running; }

    void check_activation(const Step& step) {
        for (const auto& [name, digest] : step.changes) {
            const auto& c = component(name);
            CHECK(c.staged == digest); // Whatever stops, its successor is there.
            check_wanted(c, digest);
            const bool held = c.orders.held && !c.orders.pinned;
            if (held && !c.quarantined.contains(*c.orders.held)) CHECK(digest == c.orders.held);
            // Nothing that runs is stopped for what the operator has yet to agree to.
            const bool is_new = waits_for_policy(c) && digest == c.approved;
            if (name == "libpow" && is_new && is_up(service("cmix")))
                CHECK_FALSE(std::ranges::count(step.restarts, "cmix") != 0);
            if (name == "gateway" && is_new && is_up(service("gate"))) {
                const auto minutes =
                    std::chrono::floor<std::chrono::minutes>(now_.unix.time_since_epoch()).count() %
                    (24 * 60);
                CHECK(minutes >= 120);
                CHECK(minutes < 180);
            }
        }
    }

    /// A kill may come between any two swaps: then nothing is started.
    void activate(const Step& step, bool killed) {
        check_activation(step);
        ++activations;
        std::map<std::string, std::optional<Digest>> before;
        bool works = true;
        for (const auto& [name, digest] : step.changes) {
            before[name] = component(name).installed;
            component(name).activating = digest;
            works &= digest != bad;
        }
        for (const auto& name : step.restarts) service(name).state = ServiceState::stopped;
        for (const auto& [name, digest] : step.changes) {
            if (killed && below(2) == 0) return host_killed();
            component(name).installed = digest;
            component(name).staged.reset();
        }
        if (!works && !step.restarts.empty()) return put_back(step, before);
        for (const auto& name : step.starts) start(service(name));
        std::set<std::string> together;
        for (const auto& [name, digest] : step.changes) {
            if (component(name).activated != digest) together.insert(name);
            note_activated(component(name), digest);
            component(name).activating.reset();
        }
        for (const auto& name : together) component(name).together = together;
    }

    void put_back(const Step& step, const std::map<std::string, std::optional<Digest>>& before) {
        std::map<std::string, Digest> failed;
        for (const auto& [name, digest] : step.changes) {
            auto& c = component(name);
            if (digest != c.activated) c.installed = before.at(name);
            c.activating.reset();
            if (digest != c.activated) failed.emplace(name, digest);
        }
        quarantine(facts_, failed, Quarantine::Cause::failed);
        for (const auto& name : step.restarts)
            if (why_not_startable(facts_, service(name)).empty()) start(service(name));
    }

    void start(ServiceFacts& s) {
        CHECK(why_not_startable(facts_, s).empty());
        for (const auto& name : s.components) {
            CHECK(component(name).installed != forged);
            s.runs[name] = component(name).installed;
        }
        s.state = ServiceState::running;
    }

    /// Never half of a set.
    bool whole_sets_are_quarantined() const {
        return std::ranges::all_of(facts_.components, [this](const auto& c) {
            return std::ranges::all_of(c.quarantined, [this](const auto& entry) {
                const auto& why = entry.second;
                return std::ranges::all_of(why.set, [&](const auto& member) {
                    const auto& marks = facts_.component(member.first)->quarantined;
                    const auto found = marks.find(member.second);
                    return found != marks.end() && found->second == why;
                });
            });
        });
    }

    void check() const {
        CHECK(whole_sets_are_quarantined());
        for (const auto& s : facts_.services)
            if (is_up(s))
                for (const auto& name : s.components) {
                    CHECK(s.runs.at(name).has_value());
                    CHECK(s.runs.at(name) != forged);
                }
    }

    std::minstd_rand random_;
    Now now_{Monotonic(1h), cmw::base::UnixTime(480'000h)};
    Facts facts_;
    std::map<std::string, cmw::plugin_host::Verdict> verdicts_;
};

} // namespace

TEST_CASE("after any trouble every file is the approved one and every program runs with it") {
    for (unsigned seed = 1; seed <= 500; ++seed) {
        CAPTURE(seed);
        World world(seed);
        for (int i = 0; i < 120; ++i) world.turn(false);
        world.calm_down();
        const auto before = world.activations;
        for (int i = 0; i < 100; ++i) world.turn(true);
        world.check_settled();
        // One for each group of files, or two where the first one repairs. Never a loop.
        CHECK(world.activations - before <= 8);
    }
}
