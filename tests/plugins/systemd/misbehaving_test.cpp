// SPDX-License-Identifier: Apache-2.0
//
// The runner with a systemd that does not behave, a bus that comes and goes, and a rude neighbour.
#include "fake_systemd.hpp"
#include "runner.hpp"
#include "support/temporary_folder.hpp"

#include <algorithm>
#include <cmw/testing.hpp>
#include <csignal>
#include <doctest/doctest.h>

using cmw::systemd::Runner;
using cmw::test::FakeSystemd;
using cmw::test::FakeUnit;
using cmw::testing::TestCall;
using Start = FakeSystemd::Start;
using namespace std::chrono_literals;

namespace {

template <class Condition>
bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

const std::string unit_name = "test-node.service";

struct Fixture {
    cmw::test::TemporaryFolder folder;
    FakeSystemd systemd{folder / "bus"};
    cmw::testing::TestHost host{folder.path().string()};
    TestCall call;
    Runner runner{{"system", systemd.address(), "test"}, host.handle()};
    std::string error;

    std::string description() const { return "cmix-wrapper in " + folder.path().string(); }

    cmw_process start(const cmw::Call& its_call) {
        const char* arguments[] = {"/opt/node", nullptr};
        const char* environment[] = {nullptr};
        std::vector<cmw_value> values(cmw::systemd::use_options.size());
        for (auto& value : values) value.type = CMW_TYPE_ABSENT;
        const cmw_config use{sizeof(cmw_config), static_cast<std::uint32_t>(values.size()),
                             values.data()};
        const cmw_program program{sizeof(cmw_program), 0,       "node",  "/opt/node", arguments,
                                  environment,         nullptr, nullptr, nullptr,     &use};
        cmw_process process{sizeof(cmw_process), -1, 0, 0};
        runner.start(its_call, program, process);
        return process;
    }
    cmw_process start() { return start(call.handle()); }
    cmw_process adopt() {
        cmw_process process{sizeof(cmw_process), -1, 0, 0};
        runner.adopt(call.handle(), "node", process);
        return process;
    }
    template <class Work>
    cmw_status status_of(Work work) {
        try {
            work();
            return CMW_OK;
        } catch (const cmw::Error& e) {
            error = e.what();
            return e.status();
        }
    }
    cmw_exit wait(const cmw_process& process) {
        pollfd ended{process.exit_fd, POLLIN, 0};
        REQUIRE(::poll(&ended, 1, 60'000) == 1);
        const auto exit = runner.outcome(process.id);
        REQUIRE(exit);
        return *exit;
    }
    void end(std::int32_t code, std::int32_t status, const std::string& result = "success") {
        auto unit = systemd.unit(unit_name).value_or(FakeUnit{});
        unit.active = result == "success" ? "inactive" : "failed";
        unit.result = result;
        unit.main_pid = 0;
        unit.code = code;
        unit.status = status;
        systemd.put(unit_name, unit);
    }
    bool says(const std::string& words) const { return error.find(words) != std::string::npos; }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "a unit is started, ends, and is let go of") {
    const auto process = start();
    CHECK(process.pid == 4711);
    CHECK_FALSE(runner.outcome(process.id));
    end(CLD_EXITED, 3);
    CHECK(wait(process).code == 3);
    CHECK(eventually([&] { return systemd.was_asked("UnrefUnit " + unit_name); }));
    runner.release(process.id);
}

TEST_CASE_FIXTURE(Fixture, "a start that systemd refuses is told with what to do") {
    struct Case {
        const char* error;
        cmw_status status;
        const char* words;
    };
    for (const auto& [dbus, status, words] :
         {Case{"org.freedesktop.DBus.Error.AccessDenied", CMW_DENIED, "run the host as root"},
          Case{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", CMW_DENIED, "polkit"},
          Case{"org.freedesktop.DBus.Error.InvalidArgs", CMW_CONFIG, "does not take an option"},
          Case{"org.freedesktop.DBus.Error.PropertyReadOnly", CMW_CONFIG, "an option"},
          Case{"org.freedesktop.systemd1.UnitExists", CMW_INVALID, "there is one already"},
          Case{"org.freedesktop.DBus.Error.ServiceUnknown", CMW_AGAIN, "not on this bus"},
          Case{"org.freedesktop.systemd1.LoadFailed", CMW_FAILED, "LoadFailed"}}) {
        CAPTURE(dbus);
        systemd.refuse("StartTransientUnit", dbus);
        CHECK(status_of([&] { start(); }) == status);
        CHECK_MESSAGE(says(words), error);
        CHECK(error.starts_with("cannot ask systemd for the unit test-node.service: "));
    }
    CHECK_FALSE(systemd.was_asked("KillUnit")); // Nothing runs that nobody was told of.
}

TEST_CASE_FIXTURE(Fixture, "a job that fails is a start that failed, and says why") {
    systemd.next_starts(Start::job_fails);
    CHECK(status_of([&] { start(); }) == CMW_FAILED);
    CHECK_MESSAGE(says("/opt/node"), error);
    CHECK_MESSAGE(says("203"), error);
}

TEST_CASE_FIXTURE(Fixture, "a start that somebody cancels has failed, and nothing of it is left") {
    systemd.next_starts(Start::job_cancelled);
    CHECK(status_of([&] { start(); }) == CMW_FAILED);
    CHECK_MESSAGE(says("canceled"), error);
    CHECK(eventually([&] { return systemd.was_asked("KillUnit " + unit_name + " all 9"); }));
}

TEST_CASE_FIXTURE(Fixture, "a start without an answer, or without an end, is left and undone") {
    for (const auto how : {Start::unanswered, Start::no_end}) {
        systemd.next_starts(how);
        const TestCall brief(100ms);
        CHECK(status_of([&] { start(brief.handle()); }) == CMW_CANCELLED);
        CHECK(eventually([&] { return systemd.was_asked("StopUnit " + unit_name); }));
        CHECK(eventually([&] { return systemd.was_asked("KillUnit " + unit_name + " all 9"); }));
        systemd.remove(unit_name);
    }
}

TEST_CASE_FIXTURE(Fixture, "a bus that ends in the middle of a start is no start") {
    for (const auto how : {Start::bus_ends, Start::bus_ends_later}) {
        systemd.next_starts(how);
        CHECK(status_of([&] { start(); }) == CMW_AGAIN);
        CHECK_MESSAGE(says("cannot reach systemd"), error);
        // The next look finds what came of it.
        if (how == Start::bus_ends)
            CHECK(status_of([&] { adopt(); }) == CMW_NOT_FOUND);
        else
            CHECK(adopt().pid == 4711);
    }
}

TEST_CASE_FIXTURE(Fixture, "a bus that is restarted is no exit") {
    const auto process = start();
    systemd.end_connections();
    CHECK(eventually([&] { return systemd.was_asked("RefUnit " + unit_name); })); // Anew.
    CHECK_FALSE(runner.outcome(process.id));
    SUBCASE("and its end is told") {
        end(CLD_KILLED, SIGSEGV, "signal");
        CHECK(wait(process).signal == SIGSEGV);
    }
    SUBCASE("nor if it is restarted again") {
        systemd.end_connections();
        const auto refs = [&] {
            const auto all = systemd.asked();
            return std::ranges::count(all, "RefUnit " + unit_name);
        };
        CHECK(eventually([&] { return refs() >= 2; }));
        CHECK_FALSE(runner.outcome(process.id));
        end(CLD_EXITED, 0);
        CHECK(wait(process).code == 0);
    }
    runner.release(process.id);
}

TEST_CASE_FIXTURE(Fixture, "a unit that went while the bus was away has ended, nobody knows how") {
    const auto process = start();
    systemd.remove(unit_name);
    systemd.end_connections();
    CHECK(wait(process).code == CMW_EXIT_UNKNOWN);
    runner.release(process.id);
}

TEST_CASE_FIXTURE(Fixture, "what a program leaves when it ends is killed") {
    const auto process = start();
    auto unit = *systemd.unit(unit_name);
    unit.active = "deactivating";
    unit.main_pid = 0;
    unit.code = CLD_EXITED;
    systemd.put(unit_name, unit);
    CHECK(eventually([&] { return systemd.was_asked("KillUnit " + unit_name + " all 9"); }));
    wait(process);
    runner.release(process.id);
}

TEST_CASE_FIXTURE(Fixture, "memory that ran out is told") {
    const auto process = start();
    end(CLD_KILLED, SIGKILL, "oom-kill");
    CHECK(wait(process).signal == SIGKILL);
    const auto lines = host.lines();
    CHECK(std::ranges::any_of(
        lines, [](const auto& line) { return line.find("out of memory") != std::string::npos; }));
    runner.release(process.id);
}

TEST_CASE_FIXTURE(Fixture, "gently the main process is asked, and everything killed") {
    const auto process = start();
    runner.stop(call.handle(), process.id, CMW_STOP_GENTLY);
    CHECK(systemd.was_asked("KillUnit " + unit_name + " main 15"));
    CHECK(wait(process).signal == SIGTERM);
    runner.stop(call.handle(), process.id, CMW_STOP_NOW); // It has ended: nothing is asked.
    CHECK_FALSE(systemd.was_asked("KillUnit " + unit_name + " all"));
    runner.release(process.id);
}

TEST_CASE_FIXTURE(Fixture, "only what is ours and runs is taken back") {
    CHECK(status_of([&] { adopt(); }) == CMW_NOT_FOUND);
    FakeUnit unit;
    unit.description = "cmix-wrapper in /elsewhere";
    systemd.put(unit_name, unit);
    CHECK(status_of([&] { adopt(); }) == CMW_CONFIG);
    CHECK_MESSAGE(says("it is another's"), error);
    CHECK(status_of([&] { start(); }) == CMW_CONFIG);
    unit.description = description();
    systemd.put(unit_name, unit);
    CHECK(status_of([&] { start(); }) == CMW_INVALID);
    CHECK_MESSAGE(says("it runs already, as process 4711"), error);
    const auto process = adopt();
    CHECK(process.pid == 4711);
    runner.release(process.id);
    unit.active = "failed";
    systemd.put(unit_name, unit);
    CHECK(status_of([&] { adopt(); }) == CMW_NOT_FOUND);
    CHECK(status_of([&] { start(); }) == CMW_AGAIN);
    CHECK_MESSAGE(says("systemctl reset-failed"), error);
}

TEST_CASE_FIXTURE(Fixture, "an answer that is no answer of systemd is refused") {
    FakeUnit unit;
    unit.description = description();
    systemd.put(unit_name, unit);
    systemd.answer_nonsense();
    CHECK(status_of([&] { adopt(); }) == CMW_FAILED);
    CHECK_MESSAGE(says("cannot read systemd's answer"), error);
}
