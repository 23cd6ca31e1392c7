// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <linux/capability.h>

using namespace posix_test;
using cmw::posix::UseSettings;

namespace {

std::string problem_of(void (*set)(UseSettings&)) {
    UseSettings use;
    set(use);
    try {
        Runner::check_use({}, use);
        return "";
    } catch (const cmw::Error& e) {
        CHECK(e.status() == CMW_CONFIG);
        return e.what();
    }
}

cmw_value text(const char* of) {
    cmw_value value{CMW_TYPE_STRING, 0, {}};
    value.as.string = cmw::to_str(of);
    return value;
}

cmw_value integer(std::uint32_t type, std::int64_t of) {
    cmw_value value{type, 0, {}};
    value.as.integer = of;
    return value;
}

/// "CapEff" and its like of this process.
std::uint64_t capabilities(const std::string& set) {
    const auto lines = told("/proc/self/status", set + ":\t");
    REQUIRE(lines.size() == 1);
    return std::stoull(lines[0], nullptr, 16);
}

bool may(int capability) {
    return (capabilities("CapEff") >> capability & 1) != 0;
}

} // namespace

TEST_CASE("options of a use are checked with the configuration") {
    for (const auto* good : {"idle", "best-effort", "best-effort:0", "realtime:7"}) {
        UseSettings use;
        use.io_class = good;
        CHECK_NOTHROW(Runner::check_use({}, use));
    }
    CHECK(problem_of([](auto& use) {
              use.io_class = "realtime";
          }).starts_with("cannot set the option io-class to \"realtime\": it takes \"idle\""));
    CHECK_FALSE(problem_of([](auto& use) { use.io_class = "best-effort:8"; }).empty());
    CHECK_FALSE(problem_of([](auto& use) { use.io_class = "idle:1"; }).empty());
    CHECK(problem_of([](auto& use) { use.umask = "0027"; }).empty());
    CHECK(problem_of([](auto& use) { use.umask = "0029"; }) ==
          "cannot set the option umask to \"0029\": it takes octal digits, as \"0027\"");
    CHECK_FALSE(problem_of([](auto& use) { use.umask = "1000"; }).empty());
    CHECK(problem_of([](auto& use) { use.capabilities = {{"CAP_CHOWN", "net_raw"}}; }).empty());
    CHECK(problem_of([](auto& use) {
              use.capabilities = {{"net_row"}};
          }).starts_with("cannot set the option capabilities to \"net_row\": it takes names"));
    for (const auto* good : {"off", "unlimited", "0", "64MiB", "10B"}) {
        UseSettings use;
        use.core_dumps = good;
        CHECK_NOTHROW(Runner::check_use({}, use));
    }
    CHECK_FALSE(problem_of([](auto& use) { use.core_dumps = "64MB"; }).empty());
    CHECK_FALSE(problem_of([](auto& use) { use.core_dumps = "99999999TiB"; }).empty());
    CHECK(problem_of([](auto& use) {
              use.core_dumps = "off";
              use.limits = {{"core", "0"}};
          }).ends_with("they are the same; leave one out"));
}

TEST_CASE("a program has the attributes that its use gives it") {
    Fixture f;
    f.options["nice"] = integer(CMW_TYPE_INTEGER, 7);
    f.options["io-class"] = text("best-effort:6");
    f.options["umask"] = text("0137");
    f.options["oom-score-adjust"] = integer(CMW_TYPE_INTEGER, 900);
    f.options["core-dumps"] = text("off");
    SUBCASE("of the host's own user") {}
    SUBCASE("of another user") {
        if (!may(CAP_SETUID)) return;
        f.user = f.group = "54321";
        f.output = f.error = "/dev/null";
    }
    if (f.user.empty()) {
        f.wait(f.start({POSIX_CHILD}));
    } else { // What it tells goes nowhere: it only must start.
        CHECK(f.wait(f.start({"/bin/true"})).code == 0);
        return;
    }
    CHECK(told(f.output, "nice:") == std::vector<std::string>{"7"});
    CHECK(told(f.output, "io:") == std::vector<std::string>{std::to_string((2 << 13) + 6)});
    CHECK(told(f.output, "oom:") == std::vector<std::string>{"900"});
    CHECK(told(f.output, "core:") == std::vector<std::string>{"0"});
    CHECK(told(f.output, "Umask:\t") == std::vector<std::string>{"0137"});
    CHECK(told(f.output, "NoNewPrivs:\t") == std::vector<std::string>{"1"});
    // The host keeps its own.
    CHECK(told("/proc/self/oom_score_adj", "900").empty());
}

TEST_CASE("no-new-privileges can be left off") {
    Fixture f;
    f.options["no-new-privileges"] = integer(CMW_TYPE_BOOL, 0);
    f.wait(f.start({POSIX_CHILD}));
    CHECK(told(f.output, "NoNewPrivs:\t") == told("/proc/self/status", "NoNewPrivs:\t"));
}

TEST_CASE("capabilities that are not kept are gone for good, those kept are another user's too") {
    if (!may(CAP_SETPCAP) || !may(CAP_SETUID) || !may(CAP_NET_BIND_SERVICE)) {
        MESSAGE("this host may not change capabilities: nothing is seen");
        return;
    }
    Fixture f;
    const auto kept = cmw::to_str("net_bind_service");
    cmw_value list{CMW_TYPE_LIST, 1, {}};
    list.as.list = &kept;
    std::string wanted = "0000000000000400";
    SUBCASE("root's") {}
    SUBCASE("another user's") {
        f.user = f.group = "54321";
    }
    SUBCASE("none") {
        list.count = 0;
        wanted = "0000000000000000";
    }
    f.options["capabilities"] = list;
    ::chmod(f.folder.path().c_str(), 0777);
    const auto process = f.start({"/bin/cat", "/proc/self/status"});
    CHECK(f.wait(process).code == 0);
    for (const auto* set : {"CapPrm:\t", "CapEff:\t", "CapBnd:\t", "CapInh:\t", "CapAmb:\t"}) {
        CAPTURE(set);
        CHECK(told(f.output, set) == std::vector<std::string>{wanted});
    }
}

TEST_CASE("an option that the kernel refuses is an error of start that says what to do") {
    Fixture f;
    ::chmod(f.folder.path().c_str(), 0777);
    f.options["nice"] = integer(CMW_TYPE_INTEGER, -5);
    const auto child = ::fork();
    if (child == 0) { // Root's host would be allowed to.
        if (::geteuid() == 0 && ::setresuid(54321, 54321, 54321) != 0) ::_exit(1);
        std::ofstream(f.folder / "problem") << f.start_problem({"/bin/true"});
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
    CHECK(read_text(f.folder / "problem") ==
          "cannot set the option nice for /bin/true: permission denied: run the host as root, or "
          "leave this option out");
    CHECK_FALSE(f.has_record());
}
