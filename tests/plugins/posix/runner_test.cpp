// SPDX-License-Identifier: Apache-2.0
//
// With real processes.
#include "fixture.hpp"

using namespace posix_test;

TEST_CASE("a program gets exactly its arguments, environment, directory and three descriptors") {
    Fixture f;
    ::signal(SIGPIPE, SIG_IGN); // What the host ignores, the program must not.
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    const int leaked = ::open("/dev/null", O_RDONLY); // As a careless library would.
    f.directory = "/usr";
    f.environment = {"HOME=/opt", "EMPTY=", "X=a b", nullptr};
    const auto process = f.start({POSIX_CHILD, "", "two words", "$(no shell)"});
    CHECK(f.wait(process).code == 0);
    f.runner.release(process.id);
    ::close(leaked);
    ::pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
    ::signal(SIGPIPE, SIG_DFL);

    const auto& path = f.output;
    CHECK(told(path, "arg:") ==
          std::vector<std::string>{POSIX_CHILD, "", "two words", "$(no shell)"});
    auto environment = told(path, "env:");
    REQUIRE(environment.size() == 4); // The last is the runner's mark.
    CHECK(environment[3].starts_with("CMW_PROCESS="));
    environment.pop_back();
    CHECK(environment == std::vector<std::string>{"HOME=/opt", "EMPTY=", "X=a b"});
    CHECK(told(path, "cwd:") == std::vector<std::string>{"/usr"});
    CHECK(told(path, "fd:") == std::vector<std::string>{"0", "1", "2"});
    CHECK(told(path, "SigBlk:\t") == std::vector<std::string>{"0000000000000000"});
    CHECK(told(path, "SigIgn:\t") == std::vector<std::string>{"0000000000000000"});
    CHECK(told(path, "leader:") == std::vector<std::string>{"1"});
    CHECK(told(path, "input:") == std::vector<std::string>{"0"});
    CHECK(told(path, "on stderr").size() == 1);
}

TEST_CASE("output is appended, in files that only owner and group may read") {
    Fixture f;
    f.error = f.folder / "errors";
    write_text(f.output, "before\n");
    for (int i = 0; i < 2; ++i) {
        const auto process = f.shell("echo out; echo err >&2");
        f.wait(process);
        f.runner.release(process.id);
    }
    CHECK(read_text(f.output) == "before\nout\nout\n");
    CHECK(read_text(f.error) == "err\nerr\n");
    struct stat found {};
    REQUIRE(::stat(f.error.c_str(), &found) == 0);
    CHECK((found.st_mode & 0137) == 0);
}

TEST_CASE("exit codes and signals are told as they are") {
    Fixture f;
    for (const auto& [script, code, signal] :
         std::vector<std::tuple<const char*, int, int>>{{"exit 0", 0, 0},
                                                        {"exit 3", 3, 0},
                                                        {"exit 255", 255, 0},
                                                        {"kill -SEGV $$", 0, SIGSEGV},
                                                        {"kill -KILL $$", 0, SIGKILL}}) {
        CAPTURE(script);
        const auto process = f.shell(script);
        const auto exit = f.wait(process);
        CHECK(exit.signal == signal);
        if (signal == 0) CHECK(exit.code == code);
        f.runner.release(process.id);
        CHECK_FALSE(f.has_record());
    }
}

TEST_CASE("flaw 1: a program that was killed is seen at once and leaves no zombie") {
    Fixture f;
    const auto process = f.shell("exec sleep 1000");
    CHECK_FALSE(f.runner.outcome(process.id).has_value());
    ::kill(static_cast<pid_t>(process.pid), SIGKILL);
    CHECK(f.wait(process).signal == SIGKILL);
    f.runner.release(process.id);
    CHECK_FALSE(cmw::posix::read_facts(static_cast<pid_t>(process.pid)).has_value());
}

TEST_CASE("flaw 7: a program that ignores SIGTERM is killed, and its children with it") {
    Fixture f;
    const auto process = f.shell("trap '' TERM; sleep 1000 & echo child $!; wait");
    REQUIRE(f.wrote("child "));
    const auto child = std::stoll(read_text(f.output).substr(6));
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_GENTLY);
    std::this_thread::sleep_for(20ms);
    CHECK_FALSE(f.runner.outcome(process.id).has_value());
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_NOW);
    CHECK(f.wait(process).signal == SIGKILL);
    CHECK(until([&] { return !runs(child); }));
    f.runner.release(process.id);
}

TEST_CASE("asked gently, the program alone gets SIGTERM, and what it leaves behind is killed") {
    Fixture f;
    const auto process = f.shell("(trap 'echo child asked' TERM; while :; do sleep 0.01; done) & "
                                 "trap 'echo asked; exit 7' TERM; echo child $!; "
                                 "while :; do sleep 0.01; done");
    REQUIRE(f.wrote("child "));
    const auto child = std::stoll(read_text(f.output).substr(6));
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_GENTLY);
    CHECK(f.wait(process).code == 7);
    f.runner.release(process.id);
    CHECK(until([&] { return !runs(child); }));
    CHECK(read_text(f.output).find("child asked") == std::string::npos);
}

TEST_CASE("a stop of what has ended already is no error") {
    Fixture f;
    const auto process = f.shell("exit 0");
    f.wait(process);
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_GENTLY);
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_NOW);
    f.runner.release(process.id);
    CHECK_THROWS_AS(f.runner.stop(f.call.handle(), process.id, CMW_STOP_NOW), cmw::Error);
    f.runner.release(process.id); // Unknown by now: nothing happens.
}

TEST_CASE("what cannot be run is an error of start, with its reason, and leaves nothing") {
    Fixture f;
    const auto script = f.folder / "script";
    write_text(script, "echo no interpreter line\n");
    const auto expected = [&](std::vector<const char*> arguments, const std::string& text) {
        CHECK(f.start_problem(std::move(arguments)) == text);
        CHECK_FALSE(f.has_record());
        CHECK_FALSE(std::filesystem::exists(f.folder / "svc.process.new"));
        CHECK(::waitpid(-1, nullptr, WNOHANG) == -1); // No child, no zombie.
    };
    expected({"/no/such/program"}, "cannot execute /no/such/program: no such file or directory");
    expected({script.c_str()}, "cannot execute " + script + ": permission denied");
    ::chmod(script.c_str(), 0755);
    expected({script.c_str()}, "cannot execute " + script + ": exec format error");
    f.directory = "/no/such/folder";
    expected({"/bin/true"},
             "cannot change to the directory /no/such/folder: no such file or directory");
    f.directory = nullptr;
    f.output = f.folder / "missing/output";
    expected({"/bin/true"}, "cannot open " + f.output + ": no such file or directory");
    f.output = "/dev/null";
    f.error = f.folder.path();
    expected({"/bin/true"}, "cannot open " + f.error + ": is a directory");
}

TEST_CASE("a service whose name is not fit for a file is refused") {
    Fixture f;
    for (const auto* name : {"", "../x", "a/b", ".hidden"}) {
        CAPTURE(name);
        CHECK_THROWS_AS(f.start(f.runner, name, {"/bin/true"}), cmw::Error);
    }
}

TEST_CASE("limits are set, even ones that leave the host's own descriptors no room") {
    Fixture f;
    f.limits = {{"nofile", "4"}, {"core", "0"}};
    std::vector<int> many;
    for (int i = 0; i < 20; ++i) many.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto process = f.start({POSIX_CHILD});
    f.wait(process);
    f.runner.release(process.id);
    for (const int fd : many) ::close(fd);
    CHECK(told(f.output, "nofile:") == std::vector<std::string>{"4:4"});
}

TEST_CASE("another user and group") {
    Fixture f;
    f.user = "54321";
    f.group = "54322";
    if (::geteuid() != 0) {
        CHECK(f.start_problem({POSIX_CHILD}).ends_with("the host does not run as root"));
        return;
    }
    f.output = f.error = "/dev/null";
    const auto process = f.start({"/bin/sh", "-c", "exec sleep 1000"});
    std::ifstream status("/proc/" + std::to_string(process.pid) + "/status");
    std::string text;
    for (std::string line; std::getline(status, line);) text += line + "\n";
    CHECK(text.find("Uid:\t54321\t54321\t54321\t54321\n") != std::string::npos);
    CHECK(text.find("Gid:\t54322\t54322\t54322\t54322\n") != std::string::npos);
    CHECK(text.find("Groups:\t54322 \n") != std::string::npos);
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_NOW);
    f.wait(process);
    f.runner.release(process.id);
    CHECK(f.start_problem({"/no/such/program"}) ==
          "cannot execute /no/such/program: no such file or directory");
}

TEST_CASE("several services at once are told apart") {
    Fixture f;
    std::vector<cmw_process> processes;
    for (int i = 0; i < 8; ++i)
        processes.push_back(f.start(f.runner, ("svc" + std::to_string(i)).c_str(),
                                    {"/bin/sh", "-c", ("exit " + std::to_string(i)).c_str()}));
    for (int i = 0; i < 8; ++i) {
        CHECK(f.wait(processes[static_cast<std::size_t>(i)]).code == i);
        f.runner.release(processes[static_cast<std::size_t>(i)].id);
    }
}

TEST_CASE("a program that runs is not started a second time under its name") {
    Fixture f;
    const auto process = f.shell("exec sleep 1000");
    Runner other({}, f.host.handle());
    CHECK_THROWS_WITH_AS(
        f.start(other, "svc", {"/bin/true"}),
        ("cannot start svc: it runs already, as process " + std::to_string(process.pid)).c_str(),
        cmw::Error);
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_NOW);
    f.wait(process);
    f.runner.release(process.id);
}

TEST_CASE("the next host adopts the program of one that died: the same process") {
    Fixture f;
    const auto host = ::fork();
    if (host == 0) {
        try {
            f.shell("echo up; exec sleep 1000");
        } catch (const std::exception&) {
            ::_exit(1);
        }
        ::_exit(0); // Without a word to anybody.
    }
    int status = 0;
    REQUIRE(::waitpid(host, &status, 0) == host);
    REQUIRE(status == 0);
    const auto process = f.adopt(f.runner);
    CHECK(runs(process.pid));
    CHECK(read_text(f.folder / "svc.process").starts_with("pid " + std::to_string(process.pid)));
    CHECK_FALSE(f.runner.outcome(process.id).has_value());
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_NOW);
    const auto exit = f.wait(process);
    CHECK(exit.code == CMW_EXIT_UNKNOWN);
    CHECK(exit.signal == 0);
    f.runner.release(process.id);
    CHECK_FALSE(f.has_record());
    CHECK(f.adopt_problem(f.runner) == "cannot adopt svc: none was started");
}

TEST_CASE("an instance that is made anew adopts, and tells the exit of its own child") {
    Fixture f;
    auto first = std::make_unique<Runner>(Runner::Settings{}, f.host.handle());
    const auto before = f.start(*first, "svc",
                                {"/bin/sh", "-c",
                                 "trap 'exit 5' TERM; echo up; "
                                 "while :; do sleep 0.01; done"});
    REQUIRE(f.wrote("up"));
    first.reset();
    const auto process = f.adopt(f.runner);
    CHECK(process.pid == before.pid);
    CHECK(process.id != before.id);
    f.runner.stop(f.call.handle(), process.id, CMW_STOP_GENTLY);
    CHECK(f.wait(process).code == 5);
    f.runner.release(process.id);
}

TEST_CASE("a program that was released while it ran is left running, and reaped when it ends") {
    Fixture f;
    const auto process = f.shell("exec sleep 1000");
    f.runner.release(process.id);
    CHECK(f.has_record());
    CHECK(runs(process.pid));
    ::kill(static_cast<pid_t>(process.pid), SIGKILL);
    REQUIRE(until([&] { return !runs(process.pid); }));
    CHECK(f.adopt_problem(f.runner).ends_with("is gone")); // A zombie is not adopted.
    CHECK_FALSE(cmw::posix::read_facts(static_cast<pid_t>(process.pid)).has_value());
    CHECK_FALSE(f.has_record());
}

TEST_CASE("a process that only has the number of the program is not adopted") {
    Fixture f;
    const auto facts = cmw::posix::read_facts(::getpid());
    REQUIRE(facts.has_value());
    const auto forge = [&](std::uint64_t start, const std::string& boot) {
        write_text(f.folder / "svc.process", "pid " + std::to_string(::getpid()) + "\nstart " +
                                                 std::to_string(start) + "\nboot " + boot + "\n");
    };
    SUBCASE("it began at another time") {
        forge(facts->start + 1, cmw::posix::read_boot_id());
    }
    SUBCASE("in another uptime") {
        forge(facts->start, "00000000-0000-0000-0000-000000000000");
    }
    CHECK(f.adopt_problem(f.runner).ends_with("is gone"));
    CHECK_FALSE(f.has_record());
}

TEST_CASE("a host that is killed at any instant of start leaves one program at most, to be found") {
    Fixture f;
    const auto alone = f.folder / "alone";
    int adopted = 0;
    for (int i = 0; i < 120; ++i) {
        const auto host = ::fork();
        if (host == 0) {
            try {
                f.start({POSIX_CHILD, "alone", alone.c_str()});
            } catch (const std::exception&) {
            }
            ::_exit(0);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(i * 10));
        ::kill(host, SIGKILL);
        ::waitpid(host, nullptr, 0);
        cmw_process process{sizeof(cmw_process), -1, 0, 0};
        try {
            process = f.adopt(f.runner);
            ++adopted;
        } catch (const cmw::Error& e) {
            CHECK(e.status() == CMW_NOT_FOUND);
            process = f.start({POSIX_CHILD, "alone", alone.c_str()});
        }
        // It gets to hold the file, which a second one would keep it from.
        CHECK(until([&] {
            return std::filesystem::exists(alone + ".one." + std::to_string(process.pid)) ||
                   std::filesystem::exists(alone + ".two");
        }));
        CHECK_FALSE(std::filesystem::exists(alone + ".two"));
        f.runner.stop(f.call.handle(), process.id, CMW_STOP_NOW);
        f.wait(process);
        f.runner.release(process.id);
        std::filesystem::remove(alone + ".one." + std::to_string(process.pid));
    }
    MESSAGE("adopted " << adopted << " of 120");
}
