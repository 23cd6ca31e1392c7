// SPDX-License-Identifier: Apache-2.0
#include "unit/supervisor/service_fixture.hpp"

#include "base/system.hpp"

using namespace cmw;
using namespace cmw::supervisor;
using namespace cmw::supervisor::test;

TEST_SUITE_BEGIN("supervisor");

TEST_CASE("a service starts its program as configured and tells when it runs") {
    Fixture f;
    std::optional<base::Result<>> answer;
    f.service->start([&](const auto& result) { answer = result; });
    REQUIRE(f.until([&] { return answer.has_value(); }));
    CHECK(answer->has_value());
    const auto status = f.service->status();
    CHECK(status.state == ServiceState::running);
    CHECK(status.pid == 1001);
    CHECK(status.health == "none");
    CHECK(f.events == std::vector<std::string>{"started 1001 "});
    CHECK(f.changes >= 1);
    const auto& program = f.runner.last;
    CHECK(program.name == "cmix");
    CHECK(program.executable == "/opt/bin/cmix");
    CHECK(program.arguments == usual_settings().command);
    CHECK(program.environment ==
          std::vector<std::string>{
              "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/opt"});
    CHECK(program.directory == "/opt");
}

TEST_CASE("flaw 1: a program that is killed is started again") {
    Fixture f;
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    f.runner.end(1, {0, 9});
    REQUIRE(f.until([&] { return f.service->status().pid == 1002; }));
    const auto status = f.service->status();
    CHECK(status.state == ServiceState::running);
    CHECK(status.restarts == 1);
    CHECK(status.last_exit == to_string(Exit{0, 9}));
    CHECK(f.called("release 1"));
    CHECK(f.events == std::vector<std::string>{"started 1001 ",
                                               "crashed 1001 " + to_string(Exit{0, 9}),
                                               "started 1002 "});
}

TEST_CASE("what a program uses is asked of its runner while it runs") {
    Fixture f;
    std::vector<std::optional<plugin_host::Usage>> told;
    const auto ask = [&] { f.service->usage([&](const auto& usage) { told.push_back(usage); }); };
    ask();
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    ask();
    REQUIRE(told.size() == 2);
    CHECK_FALSE(told[0]);
    REQUIRE(told[1]);
    CHECK(told[1]->memory_bytes == 1);
    CHECK_FALSE(f.service->status().usage);
}

TEST_CASE("flaw 7: a program that ignores the request to end is killed, and nothing else waits") {
    auto settings = usual_settings();
    settings.stop_timeout = 1ms;
    Fixture f(settings);
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    bool stopped = false;
    f.service->stop([&](const auto& result) { stopped = result.has_value(); });
    REQUIRE(f.until([&] { return f.called("stop 1 now"); }));
    CHECK(f.called("stop 1 gently"));
    CHECK_FALSE(stopped);
    CHECK(f.service->status().state == ServiceState::stopping);
    f.runner.end(1, {0, 9});
    REQUIRE(f.until([&] { return stopped; }));
    CHECK(f.service->status().state == ServiceState::stopped);
    CHECK(f.service->status().pid == 0);
    CHECK(f.events.back() == "stopped 1001 " + to_string(Exit{0, 9}));
}

TEST_CASE("the program of an earlier host is adopted, not started again") {
    Fixture f;
    f.runner.adoptable = f.runner.make_child();
    std::optional<bool> adopted;
    f.service->adopt([&](bool result) { adopted = result; });
    REQUIRE(f.until([&] { return adopted.has_value(); }));
    CHECK(*adopted);
    f.service->start();
    f.settle();
    CHECK(f.starts() == 0);
    CHECK(f.service->status().state == ServiceState::running);
    SUBCASE("and its end, whose status nobody knows, counts as a failure") {
        f.runner.end(1, {CMW_EXIT_UNKNOWN, 0});
        REQUIRE(f.until([&] { return f.starts() == 1; }));
        CHECK(f.service->status().last_exit == to_string(Exit{CMW_EXIT_UNKNOWN, 0}));
    }
    SUBCASE("and is left running when the host ends") {
        f.service.reset();
        CHECK(f.runner.calls == std::vector<std::string>{"adopt", "release 1"});
    }
}

TEST_CASE("without an earlier host there is nothing to adopt") {
    Fixture f;
    std::optional<bool> adopted;
    f.service->adopt([&](bool result) { adopted = result; });
    REQUIRE(f.until([&] { return adopted.has_value(); }));
    CHECK_FALSE(*adopted);
    CHECK(f.service->status().state == ServiceState::stopped);
    CHECK(f.events.empty());
}

TEST_CASE("files that are not what they should be keep it down") {
    Fixture f;
    f.verdict = base::fail("/opt/bin/cmix", "cannot trust it: its digest is wrong");
    std::optional<base::Result<>> answer;
    f.service->start([&](const auto& result) { answer = result; });
    REQUIRE(answer.has_value());
    CHECK_FALSE(answer->has_value());
    CHECK(f.starts() == 0);
    CHECK(f.service->status().state == ServiceState::failed);
    CHECK(f.service->status().reason == "/opt/bin/cmix: cannot trust it: its digest is wrong");
}

TEST_CASE("files are checked again before a restart") {
    Fixture f;
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    f.verdict = base::fail("/opt/bin/cmix", "cannot trust it: its digest is wrong");
    f.runner.end(1, {0, 11});
    REQUIRE(f.comes_to(ServiceState::failed));
    CHECK(f.starts() == 1);
}

TEST_CASE("a start that fails is told, and tried again") {
    Fixture f;
    f.runner.start_failure =
        Failure{CMW_FAILED, "cannot execute /opt/bin/cmix: exec format error", {}};
    std::optional<base::Result<>> answer;
    f.service->start([&](const auto& result) { answer = result; });
    REQUIRE(f.until([&] { return answer.has_value(); }));
    REQUIRE_FALSE(answer->has_value());
    CHECK(answer->error().what == "cannot execute /opt/bin/cmix: exec format error");
    f.runner.start_failure.reset();
    REQUIRE(f.comes_to(ServiceState::running));
}

TEST_CASE("a start that is answered after a stop was asked is undone") {
    Fixture f;
    f.runner.hold_start = true;
    std::optional<base::Result<>> started;
    bool stopped = false;
    f.service->start([&](const auto& result) { started = result; });
    f.service->stop([&](const auto&) { stopped = true; });
    f.settle();
    CHECK_FALSE(stopped); // Nothing is known to have ended.
    f.runner.held();
    f.settle();
    CHECK(f.called("stop 1 gently"));
    CHECK_FALSE(stopped);
    f.runner.end(1, {0, 15});
    REQUIRE(f.until([&] { return stopped; }));
    REQUIRE(started.has_value());
    CHECK_FALSE(started->has_value());
}

TEST_CASE("a start that is never answered: the runner is asked before a second one") {
    Fixture f;
    f.runner.start_failure = Failure{CMW_CANCELLED, "cannot start it in time", {}};
    f.runner.adoptable = f.runner.make_child();
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    CHECK(f.runner.calls == std::vector<std::string>{"start", "adopt"});
    CHECK(f.service->status().pid == 1001);
}

TEST_CASE("stop, then start in the answer: the way of an upgrade") {
    Fixture f;
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    bool running = false;
    f.service->stop([&](const auto& result) {
        CHECK(result.has_value());
        f.service->start([&](const auto& started) { running = started.has_value(); });
    });
    f.runner.end(1, {0, 0});
    REQUIRE(f.until([&] { return running; }));
    CHECK(f.service->status().pid == 1002);
    CHECK(f.service->status().restarts == 0);
}

TEST_CASE("a stop that the runner refuses is shown, and tried again under a new id") {
    auto settings = usual_settings();
    settings.stop_timeout = 1ms;
    Fixture f(settings);
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    f.runner.stop_failure = Failure{CMW_NOT_FOUND, "cannot stop 1: unknown id", {}};
    f.service->stop();
    f.settle();
    CHECK(f.service->status().reason == "cannot stop 1: unknown id");
    f.runner.stop_failure.reset();
    f.runner.adoptable = f.runner.make_child(); // A new session has it as 2.
    REQUIRE(f.until([&] { return f.called("stop 2 now"); }));
    f.runner.end(2, {0, 9});
    REQUIRE(f.comes_to(ServiceState::stopped));
    CHECK(f.called("release 1"));
    CHECK(f.called("release 2"));
}

TEST_CASE("an end that the runner cannot explain is an end") {
    auto settings = usual_settings();
    settings.restart = config::Restart::never;
    Fixture f(settings);
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    f.runner.outcome_failure = Failure{CMW_INVALID, "cannot tell", {}};
    f.runner.end(1, {0, 0});
    REQUIRE(f.comes_to(ServiceState::failed));
    CHECK(f.service->status().last_exit == "ended, its status unknown: cannot tell");
}

TEST_CASE("a runner that calls a running program ended is not believed for ever, nor at once") {
    Fixture f;
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    ::eventfd_write(f.runner.children.at(1).exit_fd.get(), 1); // Readable, but still running.
    f.settle();
    CHECK(f.service->status().state == ServiceState::running);
    f.runner.children.at(1).exit = Exit{0, 9};
    REQUIRE(f.until([&] { return f.service->status().pid == 1002; }));
}

TEST_CASE("the watch of a program survives a machine without descriptors") {
    Fixture f;
    f.service->start();
    base::sys::set_fault_plan([done = false](base::sys::Call call, auto) mutable {
        return call == base::sys::Call::open && !std::exchange(done, true) ? EMFILE : 0;
    });
    REQUIRE(f.comes_to(ServiceState::running));
    base::sys::set_fault_plan({});
    f.runner.end(1, {0, 9});
    CHECK(f.until([&] { return f.service->status().pid == 1002; }));
}

TEST_CASE("held back: it waits and says why") {
    Fixture f;
    f.service->hold_back("still syncing");
    CHECK(f.service->status().state == ServiceState::waiting);
    CHECK(f.service->status().reason == "still syncing");
    f.settle();
    CHECK(f.starts() == 0);
    f.service->start();
    REQUIRE(f.comes_to(ServiceState::running));
    CHECK(f.service->status().reason.empty());
}

TEST_CASE("a service may be destroyed from its own hooks") {
    Fixture f;
    f.service->start([&](const auto&) { f.service.reset(); });
    REQUIRE(f.until([&] { return f.service == nullptr; }));
    f.settle();
    CHECK(f.called("release 1"));
}

TEST_CASE("an unhealthy program is replaced, one that recovers is not") {
    auto settings = usual_settings();
    settings.health = config::HealthSettings{};
    settings.health->exec = {"/bin/false"};
    settings.health->every = 1ms;
    settings.health->timeout = 10s;
    settings.health->failures = 2;
    Fixture f(settings);
    f.service->start();
    REQUIRE(f.until([&] { return f.called("stop 1 gently"); }));
    CHECK(f.service->status().health == "failing");
    CHECK(f.service->status().reason.starts_with("it is unhealthy: /bin/false"));
    f.runner.end(1, {0, 15});
    REQUIRE(f.until([&] { return f.service->status().pid == 1002; }));
    CHECK(f.events[1].starts_with("unhealthy 1001"));
    CHECK(f.events[2].starts_with("stopped 1001"));
}

TEST_SUITE_END();
