// SPDX-License-Identifier: Apache-2.0
//
// crash-test [STRIDE] - SIGKILL at each (or each STRIDE-th) system call of an upgrade. The whole
// host with its real plugins runs in a process of its own, which kills itself at the n-th call after
// an approval; the next host must bring everything in order by itself, is given the next version,
// and is killed at call n + STRIDE. The list of points is printed.
//
// Two files are one set, with hooks and a trial run around them. In one round each version works
// and is there in the end; in the other each fails after its start, and the one before is there.
#include "app/host.hpp"
#include "base/digest.hpp"
#include "base/system.hpp"
#include "base/unique_fd.hpp"
#include "support/loop_wait.hpp"
#include "support/temporary_folder.hpp"

#include <atomic>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <iostream>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cmw;
using test::read_text;
using test::write_text;

namespace {

constexpr const char* configuration = R"([host]
state-dir   = "@/state"
runtime-dir = "@/run"
plugin-path = ["%"]
[process-runner.local]
plugin = "posix"
[consensus-source.chain]
plugin = "override-file"
path   = "@/chain.json"
[binary-source.store]
plugin = "local-path"
path   = "@/artifacts/{digest}"
[component.server]
path        = "@/bin/node"
approved-by = "chain"
from        = "store"
probe       = ["--version"]
[component.libpow]
path        = "@/lib/libpow.so"
approved-by = "chain"
from        = "store"
mode        = "0644"
[service.node]
runner         = "local"
command        = ["@/bin/node"]
environment    = { CRASH_SITE = "@" }
components     = ["server", "libpow"]
upgrade-window = "60ms"
restart-delay  = "10ms"
before-upgrade = { exec = ["@/hook"], timeout = "30s" }
after-upgrade  = { exec = ["@/hook"], timeout = "30s" }
)";

std::string replaced(std::string text, char mark, const std::string& by) {
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + by.size()))
        text.replace(at, 1, by);
    return text;
}

std::string hex_of(const std::string& content) {
    base::Hasher hasher(base::default_algorithm);
    hasher.update(std::as_bytes(std::span(content)));
    return hasher.finish().hex();
}

/// What parent and hosts share, beside the folder.
struct Board {
    std::atomic<int> calls{0};   ///< Since the approval.
    std::atomic<int> kill_at{0}; ///< 0: never.
    char where[200] = "";
    char problem[2000] = "";
};

struct Site {
    test::TemporaryFolder folder;
    Board& board;

    explicit Site(Board& shared) : board(shared) {
        const auto root = folder.path().string();
        for (const auto* name : {"bin", "lib", "artifacts", "state", "run"})
            std::filesystem::create_directories(folder.path() / name);
        write_text(folder / "wrapper.toml",
                   replaced(replaced(configuration, '@', root), '%', PLUGINS));
        write_text(folder / "hook", "#!/bin/sh\n:\n");
        std::filesystem::permissions(folder / "hook", std::filesystem::perms::owner_all);
    }

    /// The program tells which set it is, and then works, or not.
    std::string node(int version, bool works) const {
        return fmt::format("#!/bin/sh\n[ \"$1\" = --version ] && exec echo node {0}\n"
                           "read lib <{1}\necho {0} $lib >>{2}\n{3}\n",
                           version, folder / "lib/libpow.so", folder / "runs",
                           works ? "exec sleep 10000" : "echo cannot work; exit 3");
    }
    static std::string library(int version) { return fmt::format("{}\n", version); }

    void publish(int version, bool works) const {
        for (const auto& content : {node(version, works), library(version)})
            write_text(folder / ("artifacts/" + hex_of(content)), content);
    }
    void approve(int version, bool works) const {
        write_text(folder / "chain.new",
                   fmt::format("{{\"server\": \"{}\", \"libpow\": \"{}\"}}\n",
                               hex_of(node(version, works)), hex_of(library(version))));
        std::filesystem::rename(folder / "chain.new", folder / "chain.json");
    }

    /// Session leaders of this site's: programs of the service. Hooks and zombies are none.
    std::vector<pid_t> programs() const {
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
    std::string last_run() const {
        const auto runs = read_text(folder / "runs");
        std::string last;
        std::istringstream lines(runs);
        for (std::string line; std::getline(lines, line);) last = line;
        return last;
    }

    void end_programs() const {
        for (const auto pid : programs()) ::kill(-pid, SIGKILL);
    }
};

/// A host in this process, until it has come to rest.
class Life {
  public:
    explicit Life(const Site& site) : site_(site), loop_(std::move(*base::EventLoop::create())) {
        wait_for_the_last(site.folder / "state/lock");
        app::Arguments arguments;
        arguments.options["config"] = site.folder / "wrapper.toml";
        auto read = app::read_configuration(arguments);
        if (!read) throw std::runtime_error(base::to_string(read.error().front()));
        auto host = app::Host::create(*loop_, std::move(*read), [] { return base::Result<>{}; });
        if (!host) throw std::runtime_error(base::to_string(host.error()));
        host_ = std::move(*host);
    }

    /// Until `version` runs, alone, with all its files, and nothing is left to do.
    bool rests_on(int version, const std::string& approved, const char* state) {
        const auto server = hex_of(site_.node(version, true));
        const auto library = hex_of(Site::library(version));
        const auto set = fmt::format("{0} {0}", version);
        return test::run_until(
            *loop_,
            [&] {
                const auto status = host_->status();
                const auto& one = status.components.at("server");
                const auto& other = status.components.at("libpow");
                // What was approved is known before what to make of it is.
                const bool judged = std::string_view(state) == "current" ||
                                    one.reason.find(approved.substr(0, 12)) != std::string::npos;
                return one.approved == approved && judged && one.state == state &&
                       other.state == state && one.installed == server &&
                       other.installed == library &&
                       status.services.at("node").state == supervisor::ServiceState::running &&
                       site_.last_run() == set && site_.programs().size() == 1;
            },
            std::chrono::seconds(60));
    }

    std::string describe() {
        const auto status = host_->status();
        std::string text;
        for (const auto& [name, c] : status.components)
            text += fmt::format("{}: {} installed {:.8} approved {:.8} {}\n", name, c.state,
                                c.installed, c.approved, c.reason);
        const auto& service = status.services.at("node");
        text += fmt::format("service {} {}; programs {}, last run '{}'\n",
                            supervisor::name(service.state), service.reason,
                            site_.programs().size(), site_.last_run());
        return text;
    }

  private:
    /// As `run` does: a child that the last host just forked may hold what that host had open.
    void wait_for_the_last(const std::string& path) {
        lock_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (::flock(lock_.get(), LOCK_EX) != 0) throw std::runtime_error("cannot lock " + path);
    }

    const Site& site_;
    base::UniqueFd lock_;
    std::unique_ptr<base::EventLoop> loop_;
    std::unique_ptr<app::Host> host_;
};

constexpr int all_done = 10;
constexpr int failed = 11;

/// One host: brings what it finds in order, then upgrades, and may be killed in that.
int live(Site& site, int settled_on, int last_tried, int next, bool works) {
    auto& board = site.board;
    base::sys::set_fault_plan([&board](base::sys::Call call, std::string_view path) {
        const int at = board.kill_at.load();
        if (at <= 0 || board.calls.fetch_add(1) + 1 < at) return 0;
        const auto slash = path.find_last_of('/');
        const auto file = slash == std::string_view::npos ? path : path.substr(slash + 1);
        std::strncpy(board.where, fmt::format("{} {}", base::sys::name(call), file).c_str(),
                     sizeof board.where - 1);
        ::kill(::getpid(), SIGKILL);
        return 0;
    });
    Life life(site);
    const auto tell = [&](const char* what) {
        std::strncpy(board.problem, fmt::format("{}:\n{}", what, life.describe()).c_str(),
                     sizeof board.problem - 1);
        return failed;
    };
    const auto approved = [&](int version) {
        return hex_of(site.node(version, version == settled_on || works));
    };
    const bool put_back = last_tried != settled_on;
    if (!life.rests_on(settled_on, approved(last_tried), put_back ? "quarantined" : "current"))
        return tell("the next host does not bring it in order");
    if (next == 0) return all_done;
    site.publish(next, works);
    site.approve(next, works); // First: what the next host is to find, if this one is killed.
    board.calls = 0;
    board.kill_at = -board.kill_at.load();
    const bool rests = works ? life.rests_on(next, approved(next), "current")
                             : life.rests_on(settled_on, approved(next), "quarantined");
    board.kill_at = 0;
    return rests ? all_done : tell("the upgrade does not come to its end");
}

/// Runs a host in a process of its own; its wait status.
int run_host(Site& site, int settled_on, int last_tried, int next, bool works) {
    std::cout.flush();
    const auto pid = ::fork();
    if (pid == 0) {
        int status = failed;
        try {
            status = live(site, settled_on, last_tried, next, works);
        } catch (const std::exception& e) {
            std::strncpy(site.board.problem, e.what(), sizeof site.board.problem - 1);
        }
        ::_exit(status);
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

/// Every STRIDE-th point of upgrades that work, or do not; how many there were, or -1.
int run_round(Board& board, bool works, int stride) {
    board.kill_at = 0;
    Site site(board);
    int version = 1;
    int settled_on = 1;
    int last_tried = 1;
    site.publish(1, true);
    site.approve(1, true);
    int points = 0;
    for (int at = 1;; at += stride) {
        board.kill_at = -at; // Armed by the host, when it has settled.
        const int next = ++version;
        const int status = run_host(site, settled_on, last_tried, next, works);
        last_tried = next;
        if (works) settled_on = next;
        if (WIFEXITED(status) && WEXITSTATUS(status) == all_done) break;
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
            std::cout << "at point " << at << " (" << board.where << "): " << board.problem << "\n";
            site.end_programs();
            return -1;
        }
        ++points;
        std::cout << (works ? "upgrade " : "put back ") << at << ": " << board.where << "\n";
    }
    site.end_programs();
    return points;
}

} // namespace

int main(int argc, char** argv) {
    const int stride = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1;
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    auto* memory =
        ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 1;
    auto& board = *new (memory) Board;
    const int upgrades = run_round(board, true, stride);
    const int put_back = upgrades < 0 ? -1 : run_round(board, false, stride);
    std::cout << "points: " << upgrades << " of upgrades, " << put_back << " of sets put back\n";
    return upgrades > 0 && put_back > 0 ? 0 : 1;
}
