// SPDX-License-Identifier: Apache-2.0
#include "supervisor/process_state.hpp"

#include <random>

using namespace cmw;
using namespace cmw::supervisor;
using namespace std::chrono_literals;
using Kind = Event::Kind;
using Phase = ServiceState;

namespace {

RestartPolicy usual_policy() {
    RestartPolicy policy;
    policy.restart = config::Restart::on_failure;
    policy.backoff = {1s, 10s, 2.0, 0.2};
    policy.healthy_after = 60s;
    policy.stop_timeout = 30s;
    return policy;
}

/// A service by its state alone; the time moves only by hand.
struct Play {
    RestartPolicy policy = usual_policy();
    ProcessState state;
    base::Monotonic now{1000s};
    std::vector<Action> last;

    Play& on(Kind kind, std::string text = {}, bool success = false) {
        last = step(state, {kind, std::move(text), success, state.ticket}, policy, now, 0.0);
        return *this;
    }
    Play& up() { return on(Kind::want_up).on(Kind::verified).on(Kind::started); }
    Play& pass(base::Nanoseconds time) {
        now += time;
        return on(Kind::timer);
    }
    bool did(std::initializer_list<Action> actions) const {
        return std::ranges::equal(last, actions);
    }
};

} // namespace

TEST_SUITE_BEGIN("supervisor");

TEST_CASE("a service is verified, started, runs and is stopped") {
    Play play;
    play.on(Kind::want_up);
    CHECK(play.did({Action::verify}));
    CHECK(play.state.phase == Phase::starting);
    play.on(Kind::verified);
    CHECK(play.did({Action::start}));
    play.on(Kind::started);
    CHECK(play.state.phase == Phase::running);
    CHECK(play.did({}));
    play.on(Kind::want_down);
    CHECK(play.did({Action::stop_gently}));
    CHECK(play.state.phase == Phase::stopping);
    play.on(Kind::ended, "exited with status 0", true);
    CHECK(play.state.phase == Phase::stopped);
    CHECK_FALSE(play.state.timer);
}

TEST_CASE("what does not pass the check is not started") {
    Play play;
    play.on(Kind::want_up).on(Kind::refused, "cannot trust it");
    CHECK(play.did({}));
    CHECK(play.state.phase == Phase::failed);
    CHECK(play.state.reason == "cannot trust it");
    play.on(Kind::want_up);
    CHECK(play.did({Action::verify}));
}

TEST_CASE("a check that was overtaken by a stop and a new start is not believed") {
    Play play;
    play.on(Kind::want_up);
    const auto old = play.state.ticket;
    play.on(Kind::want_down).on(Kind::want_up);
    CHECK(play.did({Action::verify}));
    play.last = step(play.state, {Kind::verified, {}, false, old}, play.policy, play.now, 0.0);
    CHECK(play.did({}));
    play.on(Kind::verified);
    CHECK(play.did({Action::start}));
}

TEST_CASE("a program that ignores the request is killed at the stop timeout, and again") {
    Play play;
    play.up().on(Kind::want_down).pass(29s);
    CHECK(play.did({}));
    play.pass(1s);
    CHECK(play.did({Action::stop_now}));
    play.pass(1s);
    CHECK(play.did({Action::stop_now}));
    play.on(Kind::ended, "killed by SIGKILL (signal 9)");
    CHECK(play.state.phase == Phase::stopped);
}

TEST_CASE("a start that ends after a stop was asked is stopped") {
    Play play;
    play.on(Kind::want_up).on(Kind::verified).on(Kind::want_down);
    CHECK(play.did({}));
    CHECK(play.state.phase == Phase::stopping);
    play.on(Kind::started);
    CHECK(play.did({Action::stop_gently}));
    play.on(Kind::ended);
    CHECK(play.state.phase == Phase::stopped);
}

TEST_CASE("a start that fails after a stop was asked leaves it stopped") {
    Play play;
    play.on(Kind::want_up).on(Kind::verified).on(Kind::want_down).on(Kind::start_failed, "x");
    CHECK(play.state.phase == Phase::stopped);
}

TEST_CASE("a start without an answer: the runner is asked before another one") {
    Play play;
    play.on(Kind::want_up).on(Kind::verified).on(Kind::start_unknown, "cannot start in time");
    CHECK(play.state.phase == Phase::backoff);
    play.pass(1s);
    CHECK(play.did({Action::look}));
    SUBCASE("it had started") {
        play.on(Kind::found);
        CHECK(play.state.phase == Phase::running);
        CHECK(play.did({}));
    }
    SUBCASE("it had not") {
        play.on(Kind::gone);
        CHECK(play.did({Action::verify}));
    }
    SUBCASE("the runner does not know") {
        play.on(Kind::look_failed, "cannot tell");
        CHECK(play.state.phase == Phase::backoff);
        play.pass(2s);
        CHECK(play.did({Action::look}));
    }
    SUBCASE("a stop meanwhile waits for the answer and stops it") {
        play.on(Kind::want_down);
        CHECK(play.state.phase == Phase::stopping);
        play.on(Kind::found);
        CHECK(play.did({Action::stop_gently}));
    }
}

TEST_CASE("start while stopping restarts after the end, at once") {
    Play play;
    play.up().on(Kind::want_down).on(Kind::want_up);
    CHECK(play.did({}));
    CHECK(play.state.phase == Phase::stopping);
    play.on(Kind::ended, "killed by SIGTERM (signal 15)");
    CHECK(play.did({Action::verify}));
    CHECK(play.state.failures == 0);
}

TEST_CASE("a crash is restarted with growing pauses, and running well resets them") {
    Play play;
    play.up();
    for (const auto pause : {1s, 2s, 4s, 8s, 10s, 10s}) {
        play.on(Kind::ended, "killed by SIGSEGV (signal 11)");
        CHECK(play.state.phase == Phase::backoff);
        CHECK(play.state.reason == "killed by SIGSEGV (signal 11)");
        CHECK(*play.state.timer == play.now + pause);
        play.pass(pause).on(Kind::verified).on(Kind::started);
        CHECK(play.state.phase == Phase::running);
    }
    play.now += 60s;
    play.on(Kind::ended, "killed by SIGSEGV (signal 11)");
    CHECK(*play.state.timer == play.now + 1s);
    CHECK(play.state.restarts == 7);
}

TEST_CASE("a first pause of zero restarts without a timer") {
    Play play;
    play.policy.backoff.first = 0ns;
    play.up().on(Kind::ended, "killed by SIGSEGV (signal 11)");
    CHECK(play.did({Action::verify}));
}

TEST_CASE("how it ended and the policy decide what follows") {
    struct Row {
        config::Restart restart;
        bool success;
        Phase after;
    };
    for (const auto& row : std::vector<Row>{{config::Restart::always, true, Phase::backoff},
                                            {config::Restart::always, false, Phase::backoff},
                                            {config::Restart::on_failure, true, Phase::stopped},
                                            {config::Restart::on_failure, false, Phase::backoff},
                                            {config::Restart::never, true, Phase::stopped},
                                            {config::Restart::never, false, Phase::failed}}) {
        Play play;
        play.policy.restart = row.restart;
        play.up().on(Kind::ended, "ended", row.success);
        CHECK(play.state.phase == row.after);
        CHECK(play.did({}));
    }
}

TEST_CASE("start out of back-off does not wait") {
    Play play;
    play.up().on(Kind::ended, "x").on(Kind::want_up);
    CHECK(play.did({Action::verify}));
    CHECK_FALSE(play.state.timer);
}

TEST_CASE("what is held back waits, and what runs keeps running") {
    Play play;
    play.on(Kind::hold, "not in the active set");
    CHECK(play.state.phase == Phase::waiting);
    CHECK(play.state.reason == "not in the active set");
    play.up().on(Kind::hold, "still syncing");
    CHECK(play.state.phase == Phase::running);
    play.on(Kind::ended, "x");
    CHECK(play.state.phase == Phase::waiting);
    CHECK(play.state.reason == "still syncing");
    CHECK(play.did({}));
}

TEST_CASE("the program of an earlier host is kept until something else is wanted") {
    Play play;
    play.on(Kind::look);
    CHECK(play.did({Action::look}));
    SUBCASE("nothing was wanted yet") {
        play.on(Kind::found);
        CHECK(play.state.phase == Phase::running);
        play.on(Kind::want_up);
        CHECK(play.did({}));
    }
    SUBCASE("up was wanted meanwhile: one program, not two") {
        play.on(Kind::want_up);
        CHECK(play.did({}));
        play.on(Kind::found);
        CHECK(play.did({}));
        CHECK(play.state.phase == Phase::running);
    }
    SUBCASE("down was wanted meanwhile") {
        play.on(Kind::want_down).on(Kind::found);
        CHECK(play.did({Action::stop_gently}));
    }
    SUBCASE("it ends before anything is wanted: not restarted, by nobody's wish") {
        play.on(Kind::found).on(Kind::ended, "ended, its status unknown");
        CHECK(play.state.phase == Phase::stopped);
    }
    SUBCASE("the runner cannot tell: it is asked again before a start") {
        play.on(Kind::look_failed, "cannot tell").on(Kind::want_up);
        CHECK(play.did({Action::look}));
    }
}

TEST_CASE("a stop that the runner refuses is tried again, under a new id, then as a kill") {
    Play play;
    play.up().on(Kind::want_down).on(Kind::stop_failed, "cannot stop it");
    CHECK(play.state.reason == "cannot stop it");
    play.pass(1s);
    CHECK(play.did({Action::look}));
    SUBCASE("found: asked gently again, killed in time") {
        play.on(Kind::found);
        CHECK(play.did({Action::stop_gently}));
        play.pass(29s);
        CHECK(play.did({Action::stop_now}));
    }
    SUBCASE("gone: its end was missed") {
        play.on(Kind::gone);
        CHECK(play.state.phase == Phase::stopped);
    }
    SUBCASE("no answer: the id is used again") {
        play.on(Kind::look_failed, "cannot tell");
        play.pass(2s);
        CHECK(play.did({Action::stop_gently}));
    }
}

TEST_CASE("a program that is unhealthy is stopped, then started after a pause") {
    Play play;
    play.up().on(Kind::unhealthy, "it answers 503");
    CHECK(play.did({Action::stop_gently}));
    play.on(Kind::ended, "killed by SIGTERM (signal 15)");
    CHECK(play.state.phase == Phase::backoff);
    CHECK(play.state.reason == "it answers 503");
    play.pass(1s);
    CHECK(play.did({Action::verify}));
}

TEST_CASE("an unhealthy program is left alone where nothing would start it again") {
    Play never;
    never.policy.restart = config::Restart::never;
    never.up().on(Kind::unhealthy, "x");
    CHECK(never.did({}));
    Play held;
    held.up().on(Kind::hold, "y").on(Kind::unhealthy, "x");
    CHECK(held.did({}));
}

// ---- Random sequences ------------------------------------------------------------------------

namespace {

/// A runner and its world, in as few lines as tell whether there are ever two programs.
struct World {
    explicit World(std::uint64_t seed) : random(seed) {
        play.policy.backoff.jitter = 0.2;
        play.policy.restart = static_cast<config::Restart>(pick(3));
    }

    std::mt19937_64 random;
    Play play;
    int programs = 0;           ///< That run, whoever knows of them.
    std::optional<Action> call; ///< On its way.
    std::uint64_t ticket = 0;
    bool wants_down = false;
    bool wants_up = false;

    std::size_t pick(std::size_t of) { return random() % of; }

    void feed(Kind kind, bool success = false, std::uint64_t with_ticket = 0) {
        const auto before = play.state;
        const auto chance = static_cast<double>(pick(1000)) / 1000.0;
        play.last =
            step(play.state, {kind, "why", success, with_ticket}, play.policy, play.now, chance);
        for (const auto action : play.last) carry_out(action);
        check(before);
    }

    void carry_out(Action action) {
        if (action == Action::stop_gently || action == Action::stop_now) return;
        if (action == Action::start) {
            CHECK(wants_up); // Never a start while not wanted.
            CHECK(programs == 0);
        }
        CHECK((!call || call == Action::verify)); // Only a check may be overtaken.
        call = action;
        if (action == Action::verify) ticket = play.state.ticket;
    }

    void check(const ProcessState& before) {
        const auto& state = play.state;
        CHECK(programs <= 1);
        CHECK(!(state.phase == Phase::running && !state.alive));
        if (state.alive) CHECK((state.phase == Phase::running || state.phase == Phase::stopping));
        if (state.phase == Phase::stopped && wants_down) CHECK(programs == 0);
        if (state.phase == Phase::backoff) {
            REQUIRE(state.timer);
            CHECK(*state.timer <= play.now + play.policy.backoff.cap);
            if (before.phase != Phase::backoff)
                CHECK(*state.timer >= play.now + play.policy.backoff.first * 8 / 10);
        }
        if (state.phase == Phase::stopping) // Never stuck: an answer or a timer is to come.
            CHECK((state.timer || state.awaited || programs == 1));
    }

    void answer() {
        if (!call) return;
        const auto answered = *std::exchange(call, std::nullopt);
        if (answered == Action::verify)
            return feed(pick(4) != 0 ? Kind::verified : Kind::refused, false, ticket);
        if (answered == Action::look) {
            if (pick(4) == 0) return feed(Kind::look_failed);
            return feed(programs > 0 ? Kind::found : Kind::gone);
        }
        const auto how = pick(4);
        if (how == 0) return feed(Kind::start_failed);
        if (how == 1) { // In either way.
            programs += static_cast<int>(pick(2));
            return feed(Kind::start_unknown);
        }
        ++programs;
        feed(Kind::started);
    }

    void happen() {
        switch (pick(10)) {
        case 0:
            wants_up = true, wants_down = false;
            return feed(Kind::want_up);
        case 1:
            wants_up = false, wants_down = true;
            return feed(Kind::want_down);
        case 2:
            wants_up = false, wants_down = false;
            return feed(Kind::hold);
        case 3:
            return feed(Kind::unhealthy);
        case 4:
            return feed(Kind::stop_failed);
        case 5:
            return end();
        case 6:
            return tick();
        default:
            return answer();
        }
    }

    void end() {
        if (std::exchange(programs, 0) == 0 || !play.state.alive) return;
        feed(Kind::ended, pick(2) == 0);
    }

    void tick() {
        play.now += std::chrono::milliseconds(pick(40'000));
        feed(Kind::timer);
    }
};

} // namespace

TEST_CASE("random events: never two programs, no start unasked, a stop always ends in stopped") {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        CAPTURE(seed);
        World world(seed);
        if (seed % 2 == 0) world.feed(Kind::look);
        for (int i = 0; i < 120; ++i) world.happen();
        // From wherever it is: a stop, and a world that answers.
        world.wants_up = false;
        world.wants_down = true;
        world.feed(Kind::want_down);
        for (int i = 0; i < 200 && world.play.state.phase != Phase::stopped; ++i) {
            world.answer();
            world.tick();
            if (i % 3 == 2) world.end();
        }
        CHECK(world.play.state.phase == Phase::stopped);
        CHECK(world.programs == 0);
    }
}

TEST_SUITE_END();
