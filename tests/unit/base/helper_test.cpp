// SPDX-License-Identifier: Apache-2.0
#include "base/helper.hpp"
#include "base/system.hpp"
#include "support/temporary_folder.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cmw::base;
using namespace cmw::test;
using How = HelperEnd::How;

namespace {

Helper shell(const std::string& text, Nanoseconds timeout = std::chrono::seconds(60)) {
    Helper helper;
    helper.command = {"/bin/sh", "-c", text};
    helper.environment = {"PATH=/usr/bin:/bin", "WORD=hello"};
    helper.timeout = timeout;
    return helper;
}

/// Whether no such process is left, or only what nobody has reaped.
bool is_gone(pid_t pid) {
    const auto stat = read_text("/proc/" + std::to_string(pid) + "/stat");
    return stat.empty() || stat.find(") Z") != std::string::npos;
}
bool goes(pid_t pid) {
    for (int i = 0; i < 3000 && !is_gone(pid); ++i) ::usleep(10'000);
    return is_gone(pid);
}

} // namespace

TEST_CASE("a helper's end is told with the last line of its output") {
    struct Case {
        std::string text;
        How how;
        std::string why;
        std::string output;
    };
    for (const auto& entry : {Case{"echo $WORD; echo there >&2", How::good, "", "hello\nthere\n"},
                              Case{"echo a; echo disk full; exit 3", How::bad,
                                   "exit status 3: disk full", "a\ndisk full\n"},
                              Case{"kill -11 $$", How::bad, "killed by signal 11", ""},
                              Case{"read x || echo no input", How::good, "", "no input\n"},
                              Case{"pwd", How::good, "", "/\n"}}) {
        CAPTURE(entry.text);
        const auto end = run_helper(shell(entry.text), Cancel());
        CHECK(end.how == entry.how);
        CHECK(end.why.starts_with(entry.why));
        CHECK(end.output == entry.output);
    }
}

TEST_CASE("of a helper's output the end is kept") {
    auto helper = shell("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done");
    helper.output_limit = 100;
    const auto end = run_helper(helper, Cancel());
    CHECK(end.output.size() == 100);
    CHECK(end.output.ends_with("line 4999\n"));
}

TEST_CASE("what cannot be executed is the file's fault, what cannot be started the machine's") {
    TemporaryFolder folder;
    write_text(folder / "text", "no program");
    Helper helper;
    helper.timeout = std::chrono::seconds(60);
    for (const auto& path : {folder / "text", folder / "missing", folder.path().string()}) {
        CAPTURE(path);
        helper.command = {path};
        CHECK(run_helper(helper, Cancel()).how == How::bad);
    }
    sys::set_fault_plan([](sys::Call call, auto) { return call == sys::Call::fork ? EAGAIN : 0; });
    CHECK(run_helper(shell("exit 0"), Cancel()).how == How::not_run);
    sys::set_fault_plan({});
}

TEST_CASE("at its time limit, when cancelled and at its end a helper's whole group is killed") {
    TemporaryFolder folder;
    const auto note = "sleep 1000 & echo $! >" + (folder / "child") + "; ";
    Cancel cancel;
    How how = How::good;
    SUBCASE("time limit") {
        how = run_helper(shell(note + "wait", std::chrono::milliseconds(300)), cancel).how;
        CHECK(how == How::bad);
    }
    SUBCASE("cancelled") {
        cancel.cancel();
        how = run_helper(shell(note + "wait"), cancel).how;
        CHECK(how == How::cancelled);
    }
    SUBCASE("end") {
        how = run_helper(shell(note + "exit 0"), cancel).how;
        CHECK(how == How::good);
    }
    const auto child = std::atoi(read_text(folder / "child").c_str());
    if (child > 0) CHECK(goes(child)); // It may not have come as far.
}

TEST_CASE("a helper does not outlive a host that is killed") {
    TemporaryFolder folder;
    const auto host = ::fork();
    if (host == 0) {
        run_helper(shell("sleep 1000 & echo $! >" + (folder / "c") + "; mv " + (folder / "c") +
                         " " + (folder / "child") + "; wait"),
                   Cancel());
        ::_exit(0);
    }
    for (int i = 0; i < 3000 && !std::filesystem::exists(folder / "child"); ++i) ::usleep(10'000);
    const auto child = std::atoi(read_text(folder / "child").c_str());
    REQUIRE(child > 0);
    CHECK_FALSE(is_gone(child));
    ::kill(host, SIGKILL);
    ::waitpid(host, nullptr, 0);
    CHECK(goes(child));
}
