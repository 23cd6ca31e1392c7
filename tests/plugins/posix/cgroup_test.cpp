// SPDX-License-Identifier: Apache-2.0
//
// On folders that are no cgroups; and on those of this machine where we may make some.
#include "cgroup.hpp"
#include "fixture.hpp"
#include "marked.hpp"
#include "real_cgroup.hpp"

using namespace posix_test;
using namespace cmw::posix;
namespace fs = std::filesystem;

namespace {

constexpr const char* some_mark = "0123456789abcdef0123456789abcdef";

bool has(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

std::string joined(std::int64_t pid) {
    for (const auto& line : lines_of("/proc/" + std::to_string(pid) + "/cgroup"))
        if (line.starts_with("0::")) return fs::path(line.substr(3)).filename().string();
    return "";
}

std::int64_t told_by(const std::string& path) {
    REQUIRE(until([&] { return fs::exists(path); }));
    return std::stoll(read_text(path));
}

} // namespace

TEST_CASE("a folder that is none of cgroup v2 is refused in words that say what to do") {
    const TemporaryFolder folder;
    for (const auto& path : {folder.path().string(), folder / "none", std::string("relative")}) {
        const auto problem = problem_of([&] { Runner::check({path}); });
        CAPTURE(problem);
        CHECK(problem.starts_with("cannot use the cgroup folder " + path));
        CHECK(has(problem, "leave the option cgroup out"));
    }
    CHECK(problem_of([] { Runner::check({}); }).empty());
}

TEST_CASE("a cgroup that cannot be made leaves nothing behind") {
    const TemporaryFolder folder;
    const auto old_kernel = problem_of([&] { make_cgroup(folder.path(), "svc", some_mark); });
    CHECK(has(old_kernel, "it needs Linux 5.14"));
    CHECK(fs::is_empty(folder.path()));
    CHECK(has(problem_of([&] { make_cgroup(folder / "none", "svc", some_mark); }), "Delegate=yes"));
    CHECK(has(problem_of([&] { open_cgroup(folder.path()); }), "cgroup.procs"));
}

TEST_CASE("what cannot be removed is told; what is not there is removed already") {
    const TemporaryFolder folder;
    CHECK(end_cgroup(folder / "none"));
    write_text(folder / "file", "");
    CHECK_FALSE(end_cgroup(folder.path()));
    CHECK(errno == ENOTEMPTY);
}

TEST_CASE("empty cgroups of a service are removed, and no others") {
    const TemporaryFolder folder;
    const auto mark = std::string(some_mark);
    const std::vector<std::string> others = {
        "cmw-svc.two." + mark, "cmw-svc.", "cmw-svc.short",
        "cmw-other." + mark,   "user",     "cmw-svc." + mark + "0"};
    for (const auto& name : others) fs::create_directory(folder / name);
    fs::create_directory(folder / ("cmw-svc." + mark));
    remove_empty_cgroups(folder.path(), "svc");
    CHECK_FALSE(fs::exists(folder / ("cmw-svc." + mark)));
    for (const auto& name : others) CHECK(fs::exists(folder / name));
    remove_empty_cgroups(folder / "none", "svc");
}

TEST_CASE("a start that cannot have its cgroup is no start") {
    Fixture f;
    Runner runner({f.folder.path().string()}, f.host.handle());
    CHECK(has(problem_of([&] { f.start(runner, "svc", {"/bin/true"}); }), "it needs Linux 5.14"));
    CHECK_FALSE(f.has_record());
}

TEST_CASE("a daemon that left even the environment ends with the program's cgroup") {
    const RealParent parent;
    if (parent.path().empty()) return;
    Fixture f;
    const auto path = f.folder / "daemon";
    auto runner = std::make_unique<Runner>(Runner::Settings{parent.path()}, f.host.handle());
    const auto anew = [&](const std::string& cgroup) {
        runner = std::make_unique<Runner>(Runner::Settings{cgroup}, f.host.handle());
    };
    auto process = f.start(*runner, "svc", {POSIX_CHILD, "escape", path.c_str()});
    const auto daemon = told_by(path);
    CHECK(runs(daemon));
    CHECK(joined(daemon) == joined(process.pid));
    CHECK(joined(daemon).starts_with("cmw-svc."));

    SUBCASE("when the program is killed") {
        runner->stop(f.call.handle(), process.id, CMW_STOP_NOW);
    }
    SUBCASE("when it has ended by itself") {
        ::kill(static_cast<pid_t>(process.pid), SIGSEGV);
    }
    SUBCASE("when another runner took it back, which has no such option any more") {
        anew("");
        process = f.adopt(*runner);
        CHECK(runs(daemon));
        runner->stop(f.call.handle(), process.id, CMW_STOP_NOW);
    }
    f.wait(*runner, process);
    CHECK(until([&] { return !runs(daemon); }));
    runner->release(process.id);
    CHECK(parent.cgroups().empty());
}

TEST_CASE("what a program left that ended with no host there ends as the next one asks for it") {
    const RealParent parent;
    if (parent.path().empty()) return;
    Fixture f;
    const auto path = f.folder / "daemon";
    const Runner::Settings settings{parent.path()};
    auto first = std::make_unique<Runner>(settings, f.host.handle());
    const auto process = f.start(*first, "svc", {POSIX_CHILD, "escape", path.c_str()});
    const auto daemon = told_by(path);
    first.reset();
    ::kill(static_cast<pid_t>(process.pid), SIGKILL);
    CHECK(until([&] { return !runs(process.pid); }));
    CHECK(runs(daemon));
    Runner next(settings, f.host.handle());
    CHECK(has(f.adopt_problem(next), "is gone"));
    CHECK(until([&] { return !runs(daemon); }));
    CHECK(parent.cgroups().empty());
    CHECK(::waitpid(static_cast<pid_t>(process.pid), nullptr, 0) == process.pid);
}

TEST_CASE("each start has a cgroup of its own, and none is left of one that fails") {
    const RealParent parent;
    if (parent.path().empty()) return;
    Fixture f;
    Runner runner({parent.path()}, f.host.handle());
    CHECK(has(problem_of([&] { f.start(runner, "svc", {"/nonexistent/program"}); }), "execute"));
    CHECK(parent.cgroups().empty());
    const auto one = f.start(runner, "one", {"/bin/sleep", "1000"});
    const auto two = f.start(runner, "two", {"/bin/sleep", "1000"});
    CHECK(joined(one.pid) != joined(two.pid));
    CHECK(parent.cgroups().size() == 2);
    const auto three = f.start(runner, "three", {"/bin/sh", "-c", "sleep 1000 & sleep 1001"});
    CHECK(until([&] { // All that it started counts.
        cmw_usage usage{sizeof(cmw_usage), 0, -1, -1, -1, -1, -1};
        runner.usage(three.id, usage);
        return usage.processes == 3 && usage.threads == 3 && usage.cpu_us >= 0;
    }));
    runner.stop(f.call.handle(), three.id, CMW_STOP_NOW);
    f.wait(runner, three);
    runner.release(three.id);
    runner.stop(f.call.handle(), one.id, CMW_STOP_NOW);
    f.wait(runner, one);
    CHECK(runs(two.pid));
    runner.stop(f.call.handle(), two.id, CMW_STOP_GENTLY);
    f.wait(runner, two);
    runner.release(one.id);
    runner.release(two.id);
    CHECK(parent.cgroups().empty());
}
