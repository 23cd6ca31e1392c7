// SPDX-License-Identifier: Apache-2.0
#include "crash/points.hpp"

#include "base/digest.hpp"
#include "base/system.hpp"
#include "support/loop_wait.hpp"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <iostream>
#include <sstream>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cmw::test {

namespace {

constexpr int all_done = 10;

std::string replaced(std::string text, char mark, const std::string& by) {
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + by.size()))
        text.replace(at, 1, by);
    return text;
}

template <std::size_t Size>
void copy(char (&to)[Size], const std::string& text) {
    std::strncpy(to, text.c_str(), Size - 1);
}

void end_at_its_point(Board& board) {
    base::sys::set_fault_plan([&board](base::sys::Call call, std::string_view path) {
        const int at = board.kill_at.load();
        if (at <= 0 || board.calls.fetch_add(1) + 1 < at) return 0;
        const auto slash = path.find_last_of('/');
        const auto file = slash == std::string_view::npos ? path : path.substr(slash + 1);
        copy(board.where, fmt::format("{} {}", base::sys::name(call), file));
        ::kill(::getpid(), SIGKILL);
        return 0;
    });
}

/// Runs `live` in a process of its own; its wait status.
int run_host(Board& board, const std::function<bool()>& live) {
    std::cout.flush();
    const auto pid = ::fork();
    if (pid == 0) {
        bool good = false;
        try {
            end_at_its_point(board);
            good = live();
        } catch (const std::exception& e) {
            board.tell(e.what());
        }
        ::_exit(good ? all_done : all_done + 1);
    }
    int status = 0;
    int ended = 0;
    // Programs of a host that is no more are ours, and so are their ends.
    for (pid_t one = 0; (one = ::wait(&ended)) > 0 && one != pid;) {
    }
    status = ended;
    while (::waitpid(-1, &ended, WNOHANG) > 0) {
    }
    return status;
}

} // namespace

void Board::arm() {
    calls = 0;
    kill_at = armed_for;
}

bool Board::tell(const std::string& text) {
    copy(problem, text);
    return false;
}

Board& make_board() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    auto* memory =
        ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot map memory");
    return *new (memory) Board;
}

Place::Place(const std::string& configuration) {
    for (const auto* name : {"bin", "lib", "artifacts", "state", "run", "orders"})
        std::filesystem::create_directories(folder.path() / name);
    write_text(folder / "wrapper.toml",
               replaced(replaced(configuration, '@', folder.path().string()), '%', PLUGINS));
}

std::string Place::last_run() const {
    std::string last;
    std::istringstream lines(read_text(folder / "runs"));
    for (std::string line; std::getline(lines, line);) last = line;
    return last;
}

std::vector<pid_t> Place::programs() const {
    std::vector<pid_t> pids;
    const auto mark = "CRASH_SITE=" + folder.path().string();
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto pid = static_cast<pid_t>(std::atoi(entry.path().filename().c_str()));
        if (pid <= 0 || ::getsid(pid) != pid) continue;
        const auto environment = read_text(entry.path() / "environ");
        if (environment.find(mark) != std::string::npos) pids.push_back(pid);
    }
    return pids;
}

void Place::end_programs() const {
    for (const auto pid : programs()) ::kill(-pid, SIGKILL);
}

Life::Life(const Place& place) : loop_(std::move(*base::EventLoop::create())) {
    // As `run` does: a child that the last host just forked may hold what that host had open.
    const auto lock = place.folder / "state/lock";
    lock_.reset(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (::flock(lock_.get(), LOCK_EX) != 0) throw std::runtime_error("cannot lock " + lock);
    app::Arguments arguments;
    arguments.options["config"] = place.folder / "wrapper.toml";
    auto read = app::read_configuration(arguments);
    if (!read) throw std::runtime_error(base::to_string(read.error().front()));
    auto host = app::Host::create(*loop_, std::move(*read), [] { return base::Result<>{}; });
    if (!host) throw std::runtime_error(base::to_string(host.error()));
    host_ = std::move(*host);
}

bool Life::until(const std::function<bool()>& reached) {
    return run_until(*loop_, reached, std::chrono::seconds(60));
}

End run_to_point(Board& board, const std::string& what, int at, const std::function<bool()>& live) {
    board.disarm();
    board.armed_for = at;
    const int status = run_host(board, live);
    if (WIFEXITED(status) && WEXITSTATUS(status) == all_done) return End::done;
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    std::cout << what << " " << at << ": " << board.where;
    if (!killed) std::cout << ": " << board.problem;
    std::cout << "\n";
    return killed ? End::killed : End::failed;
}

std::string hex_of(const std::string& content) {
    base::Hasher hasher(base::default_algorithm);
    hasher.update(std::as_bytes(std::span(content)));
    return hasher.finish().hex();
}

} // namespace cmw::test
