// SPDX-License-Identifier: Apache-2.0
//
// bench-upgrade [UPGRADES [CHANGES [MIB]]] - what an upgrade takes, seen from outside of the real
// program: each installs a version that was never seen before, MIB larger than it has to be.
//
//   exit_to_exec_ms           from the last act of the old program to the first of the new one
//   approval_to_run_ms        from the rename of the override file to the first act of the new one
//   notification_to_fetch_ms  from just before the node sends the finalised head, with new hashes
//                             behind it, to the request for the new artifact at the HTTP server
//   notification_to_run_ms    from the same to the first act of the new program
//   slow_download             the time without a program while the store takes 3 s to answer: ours,
//                             and the old wrapper's way (stop, fetch, rename, start) in the same run
//
// Prints one JSON object. Asserts on no time; exit 1 if an upgrade did not happen at all.
#include "base/digest.hpp"
#include "fakes/chain/fake_chain.hpp"
#include "fakes/http_server.hpp"
#include "support/host_process.hpp"
#include "support/temporary_folder.hpp"

#include <Poco/JSON/Parser.h>
#include <Poco/JSON/Query.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <mutex>
#include <thread>

using namespace cmw;

namespace {

using Clock = std::chrono::steady_clock; ///< CLOCK_MONOTONIC, as the stamps have it.
using Times = std::vector<double>;       ///< Milliseconds.

constexpr const char* configuration = R"([host]
state-dir   = "@/state"
runtime-dir = "@/run"
[process-runner.local]
plugin = "posix"
[component.server]
path        = "@/bin/node"
approved-by = "chain"
from        = "store"
[service.node]
runner     = "local"
command    = ["@/bin/node", "@/stamps"]
components = ["server"]
upgrade-window = "1ms"
)";
constexpr const char* files = R"([consensus-source.chain]
plugin = "override-file"
path   = "@/chain.json"
[binary-source.store]
plugin = "local-path"
path   = "@/store/{digest}"
)";
constexpr const char* network = R"([consensus-source.chain]
plugin    = "substrate"
endpoints = ["%"]
[binary-source.store]
plugin = "http"
url    = "#"
)";

std::string replaced(std::string text, char mark, const std::string& by) {
    for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at + by.size()))
        text.replace(at, 1, by);
    return text;
}

double since(Clock::time_point start, Clock::time_point end) {
    return std::chrono::duration<double, std::milli>(end - start).count();
}

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error(what);
}

struct Artifact {
    std::string version;
    std::string bytes;
    base::Digest digest;
};

/// Makes version after version of the stamp program.
class Factory {
  public:
    explicit Factory(std::size_t padding)
        : program_(test::read_text(std::getenv("BENCH_STAMP")) + std::string(padding, '.')) {}

    Artifact next() {
        Artifact made{std::to_string(++versions_), {}, {}};
        made.bytes = program_ + std::string(32, ' ') + made.version;
        base::Hasher hasher(base::default_algorithm);
        hasher.update(std::as_bytes(std::span(made.bytes)));
        made.digest = hasher.finish();
        return made;
    }

  private:
    std::string program_;
    int versions_ = 0;
};

/// What the stamp programs wrote about one change of versions.
struct Change {
    std::optional<Clock::time_point> ended; ///< The old one; nothing if there was none.
    Clock::time_point started;
};

/// The real program on a folder of its own, with a configuration for `sources`.
class Host {
  public:
    explicit Host(const std::string& sources = {}) {
        std::filesystem::create_directories(folder / "bin");
        test::write_text(config(), replaced(configuration + sources, '@', folder.path().string()));
    }
    ~Host() {
        if (!child_) return;
        child_->signal(SIGTERM); // It ends its service.
        child_->wait();
    }

    void start() {
        const auto output = folder / "host.out";
        child_.emplace(std::vector<std::string>{test::program_path(), "run", "-c", config()},
                       output, output);
    }

    /// Waits until that version has started, and then until the host has no more to do for it.
    Change change_to(const Artifact& artifact) const {
        std::optional<Change> change;
        if (!test::eventually([&] { return (change = find(artifact.version)).has_value(); }))
            fail("version " + artifact.version + " did not start:\n" + output());
        if (!test::eventually([&] { return settled_on(artifact); }))
            fail("version " + artifact.version + " does not become current:\n" + output());
        return *change;
    }

    std::string output() const { return test::read_text(folder / "host.out"); }

    const test::TemporaryFolder folder;

    std::optional<Change> find(const std::string& version) const {
        std::istringstream stamps(test::read_text(folder / "stamps"));
        const auto time = [&] {
            long long ns = 0;
            stamps >> ns;
            return Clock::time_point(std::chrono::nanoseconds(ns));
        };
        Change change;
        for (std::string word; stamps >> word;) {
            if (word == "end") {
                change.ended = time();
                continue;
            }
            stamps >> word;
            change.started = time();
            pid_t pid = 0;
            stamps >> pid;
            if (word == version && stamps.peek() == '\n') return change;
        }
        return std::nullopt;
    }

  private:
    std::string config() const { return folder / "wrapper.toml"; }

    bool settled_on(const Artifact& artifact) const {
        const auto status = test::run({test::program_path(), "status", "--json", "-c", config()});
        if (status.status != 0) return false;
        const Poco::JSON::Query query(Poco::JSON::Parser().parse(status.output));
        const auto is = [&](const char* path, const std::string& value) {
            const auto found = query.find(path);
            return !found.isEmpty() && found.toString() == value;
        };
        return is("components.server.state", "current") &&
               is("components.server.installed", artifact.digest.hex()) &&
               is("services.node.state", "running");
    }

    std::optional<test::Child> child_;
};

void exit_to_exec(int rounds, Factory& factory, Times& gaps, Times& whole) {
    Host host(files);
    const auto approve = [&](const Artifact& artifact) {
        test::write_text(host.folder / ("store/" + artifact.digest.hex()), artifact.bytes);
        test::write_text(host.folder / "chain.new",
                         fmt::format("{{\"server\": \"{}\"}}\n", artifact.digest.hex()));
        const auto now = Clock::now();
        std::filesystem::rename(host.folder / "chain.new", host.folder / "chain.json");
        return now;
    };
    const auto first = factory.next();
    approve(first);
    host.start();
    host.change_to(first);
    for (int i = 0; i < rounds; ++i) {
        const auto artifact = factory.next();
        const auto approved = approve(artifact);
        const auto change = host.change_to(artifact);
        if (!change.ended) fail("the old program was not stopped:\n" + host.output());
        gaps.push_back(since(*change.ended, change.started));
        whole.push_back(since(approved, change.started));
    }
}

/// Serves artifacts under "/DIGEST", and knows when each was asked for.
class Store {
  public:
    Store()
        : server_([this](const auto& request, auto& connection) { serve(request, connection); }) {}

    std::string url() const { return server_.url("/{digest}"); }
    /// From now on each answer takes this long.
    void slow(std::chrono::milliseconds time) { time_ = time; }
    void add(const Artifact& artifact) {
        const std::lock_guard lock(mutex_);
        bytes_["/" + artifact.digest.hex()] = artifact.bytes;
    }
    Clock::time_point asked(const Artifact& artifact) const {
        const std::lock_guard lock(mutex_);
        return asked_.at("/" + artifact.digest.hex());
    }

  private:
    void serve(const test::HttpServer::Request& request, test::HttpServer::Connection& connection) {
        const auto now = Clock::now();
        std::string bytes;
        {
            const std::lock_guard lock(mutex_);
            asked_.try_emplace(request.target, now);
            if (const auto found = bytes_.find(request.target); found != bytes_.end())
                bytes = found->second;
        }
        if (bytes.empty()) return connection.send(test::http_head("404 Not Found"));
        const auto time = time_.load();
        if (time.count() == 0) return test::serve_file(std::move(bytes))(request, connection);
        connection.send(
            test::http_head("200 OK", {fmt::format("Content-Length: {}", bytes.size())}));
        constexpr std::size_t parts = 30;
        for (std::size_t i = 0; i < parts; ++i) {
            std::this_thread::sleep_for(time / parts);
            const auto begin = bytes.size() * i / parts;
            connection.send(
                std::string_view(bytes).substr(begin, bytes.size() * (i + 1) / parts - begin));
        }
    }

    mutable std::mutex mutex_;
    std::atomic<std::chrono::milliseconds> time_{};
    std::map<std::string, std::string> bytes_;
    std::map<std::string, Clock::time_point> asked_;
    test::HttpServer server_; ///< Last: its threads use all of the above.
};

void notification_to_fetch(int rounds, Factory& factory, Times& fetches, Times& runs) {
    Store store;
    fakes::FakeChain chain({.fields = {"server"}});
    const auto finalise = [&](const Artifact& artifact) {
        store.add(artifact);
        auto value = artifact.digest.bytes;
        value.push_back(0); // The record's "extra" is None.
        const auto now = Clock::now();
        chain.finalise(value);
        return now;
    };
    const auto first = factory.next();
    finalise(first);
    Host host(replaced(replaced(network, '%', chain.url()), '#', store.url()));
    host.start();
    host.change_to(first);
    for (int i = 0; i < rounds; ++i) {
        const auto artifact = factory.next();
        const auto told = finalise(artifact);
        const auto change = host.change_to(artifact);
        fetches.push_back(since(told, store.asked(artifact)));
        runs.push_back(since(told, change.started));
    }
}

constexpr std::chrono::milliseconds slow_download(3000);

/// Ours: the old program runs while the new one is on its way.
double slow_upgrade(Factory& factory) {
    Store store;
    fakes::FakeChain chain({.fields = {"server"}});
    const auto finalise = [&](const Artifact& artifact) {
        store.add(artifact);
        auto value = artifact.digest.bytes;
        value.push_back(0);
        chain.finalise(value);
    };
    const auto first = factory.next();
    finalise(first);
    Host host(replaced(replaced(network, '%', chain.url()), '#', store.url()));
    host.start();
    host.change_to(first);
    store.slow(slow_download);
    const auto second = factory.next();
    finalise(second);
    const auto change = host.change_to(second);
    if (!change.ended) fail("the old program was not stopped:\n" + host.output());
    return since(*change.ended, change.started);
}

/// The old wrapper's way: stop, fetch, rename, start.
double slow_upgrade_as_before(Factory& factory) {
    Store store;
    const Host site;
    const auto run = [&](const Artifact& artifact) {
        const auto path = site.folder / "bin/node";
        test::write_text(path + ".tmp", artifact.bytes);
        std::filesystem::permissions(path + ".tmp", std::filesystem::perms::owner_all);
        std::filesystem::rename(path + ".tmp", path);
        const auto output = site.folder / "node.out";
        return std::make_unique<test::Child>(std::vector<std::string>{path, site.folder / "stamps"},
                                             output, output);
    };
    const auto first = factory.next();
    auto second = factory.next();
    store.add(second);
    store.slow(slow_download);
    auto child = run(first);
    if (!test::eventually([&] { return site.find(first.version).has_value(); }))
        fail("the first version did not start");
    child->signal(SIGTERM);
    child->wait();
    const Poco::URI uri(store.url());
    Poco::Net::HTTPClientSession session(uri.getHost(), uri.getPort());
    Poco::Net::HTTPRequest request("GET", "/" + second.digest.hex());
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), second.bytes);
    child = run(second);
    std::optional<Change> change;
    if (!test::eventually([&] { return (change = site.find(second.version)).has_value(); }))
        fail("the second version did not start");
    child->signal(SIGTERM);
    child->wait();
    return since(*change->ended, change->started);
}

std::string figures(Times times) {
    std::ranges::sort(times);
    return fmt::format(R"({{"min": {:.3f}, "median": {:.3f}, "p95": {:.3f}, "max": {:.3f}}})",
                       times.front(), times[times.size() / 2], times[times.size() * 95 / 100],
                       times.back());
}

double load() {
    double average = -1;
    ::getloadavg(&average, 1);
    return average;
}

void measure(int upgrades, int changes, int mib) {
    const auto load_before = load();
    Factory factory(static_cast<std::size_t>(mib) << 20);
    Times gaps, whole, fetches, runs;
    exit_to_exec(upgrades, factory, gaps, whole);
    notification_to_fetch(changes, factory, fetches, runs);
    const auto ours = slow_upgrade(factory);
    const auto before = slow_upgrade_as_before(factory);
    fmt::print(R"({{"exit_to_exec_ms": {}, "approval_to_run_ms": {}, )"
               R"("notification_to_fetch_ms": {}, "notification_to_run_ms": {}, )",
               figures(gaps), figures(whole), figures(fetches), figures(runs));
    fmt::print(R"("slow_download": {{"ours_ms": {:.3f}, "old_way_ms": {:.3f}, "ratio": {:.1f}}}, )",
               ours, before, before / ours);
    fmt::print(R"("upgrades": {}, "changes": {}, "artifact_bytes": {}, "cpus": {}, )"
               R"("load_before": {:.2f}, "load_after": {:.2f}}})"
               "\n",
               upgrades, changes, factory.next().bytes.size(), std::thread::hardware_concurrency(),
               load_before, load());
}

} // namespace

int main(int argc, char** argv) {
    const auto argument = [&](int at, int otherwise, int least) {
        return argc > at ? std::max(least, std::atoi(argv[at])) : otherwise;
    };
    try {
        measure(argument(1, 30, 1), argument(2, 20, 1), argument(3, 0, 0));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "upgrade: %s\n", e.what());
        return 1;
    }
}
