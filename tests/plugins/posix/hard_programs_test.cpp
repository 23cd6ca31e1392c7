// SPDX-License-Identifier: Apache-2.0
//
// Programs that do not behave.
#include "fixture.hpp"
#include "marked.hpp"

using namespace posix_test;
using cmw::posix::has_mark;

namespace {

/// The number of the daemon that `path` names, once it is there.
std::int64_t daemon_of(const std::string& path) {
    REQUIRE(until([&] { return std::filesystem::exists(path); }));
    const auto pid = std::stoll(read_text(path));
    CHECK(runs(pid));
    return pid;
}

} // namespace

TEST_CASE("a mark is found in an environment") {
    using namespace std::string_view_literals;
    CHECK(has_mark("A=b\0CMW_PROCESS=12\0"sv, "12"));
    CHECK(has_mark("CMW_PROCESS=12"sv, "12"));
    for (const auto none : {""sv, "\0\0"sv, "CMW_PROCESS=123\0"sv, "CMW_PROCESS=1\0"sv,
                            "XCMW_PROCESS=12\0"sv, "A=CMW_PROCESS=12\0"sv})
        CHECK_FALSE(has_mark(none, "12"));
    CHECK(cmw::posix::new_mark().size() == 32);
    CHECK(cmw::posix::new_mark() != cmw::posix::new_mark());
    CHECK(cmw::posix::end_marked(""));
}

TEST_CASE("flaw 7: a daemon that left its parents, group and session is killed with the program") {
    Fixture f;
    const auto path = f.folder / "daemon";
    const auto process = f.start({POSIX_CHILD, "daemonise", path.c_str(), "stay"});
    const auto daemon = daemon_of(path);
    SUBCASE("when the program is killed") {
        f.runner.stop(f.call.handle(), process.id, CMW_STOP_NOW);
    }
    SUBCASE("when it has ended by itself") {
        ::kill(static_cast<pid_t>(process.pid), SIGSEGV);
    }
    f.wait(process);
    CHECK(until([&] { return !runs(daemon); }));
    f.runner.release(process.id);
}

TEST_CASE("flaw 7: a program that only starts a daemon leaves none behind") {
    Fixture f;
    const auto path = f.folder / "daemon";
    const auto process = f.start({POSIX_CHILD, "daemonise", path.c_str(), "leave"});
    CHECK(f.wait(process).code == 0); // Before or after the daemon has told its number.
    f.runner.release(process.id);
    if (std::filesystem::exists(path))
        CHECK(until([&] { return !runs(std::stoll(read_text(path))); }));
}

TEST_CASE("flaw 7: the daemons of a program that was adopted are killed with it") {
    Fixture f;
    const auto path = f.folder / "daemon";
    auto first = std::make_unique<Runner>(Runner::Settings{}, f.host.handle());
    f.start(*first, "svc", {POSIX_CHILD, "daemonise", path.c_str(), "stay"});
    const auto daemon = daemon_of(path);
    first.reset();
    const auto process = f.adopt(f.runner);
    CHECK(runs(daemon));
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_NOW);
    f.wait(process);
    CHECK(until([&] { return !runs(daemon); }));
    f.runner.release(process.id);
}

TEST_CASE("what one service started is not killed with another") {
    Fixture f;
    const auto path = f.folder / "daemon";
    const auto other = f.start(f.runner, "other", {POSIX_CHILD, "daemonise", path.c_str(), "stay"});
    const auto daemon = daemon_of(path);
    const auto process = f.shell("exit 0");
    f.wait(process);
    f.runner.release(process.id);
    CHECK(runs(daemon));
    CHECK(runs(other.pid));
    f.runner.stop(f.call.handle(), other.id, CMW_STOP_NOW);
    f.wait(other);
    f.runner.release(other.id);
}

TEST_CASE("a program that closes all its descriptors, and never logs, is watched like any other") {
    Fixture f;
    const auto process = f.start({POSIX_CHILD, "close"});
    CHECK_FALSE(f.runner.outcome(process.id).has_value());
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_GENTLY);
    CHECK(f.wait(process).signal == SIGTERM);
    f.runner.release(process.id);
    CHECK(read_text(f.output).empty());
}

TEST_CASE("a program that writes more than a pipe holds is not held up by anyone") {
    Fixture f;
    const auto process = f.start({POSIX_CHILD, "flood"});
    CHECK(f.wait(process).code == 0);
    f.runner.release(process.id);
    CHECK(std::filesystem::file_size(f.output) == 4096 * 1024);
}

TEST_CASE("flaw 1: programs that end at once leave no zombie and no record") {
    Fixture f;
    for (int i = 0; i < 50; ++i) {
        const auto process = f.start({"/bin/true"});
        CHECK(f.wait(process).code == 0);
        f.runner.release(process.id);
    }
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK_FALSE(f.has_record());
}
