// SPDX-License-Identifier: Apache-2.0
//
// A host in small around the reconciler: real files, store, state and services; a runner and a
// source that are told how to behave. A "host" can end and another begin, while programs go on.
#pragma once

#include "base/system.hpp"
#include "reconcile/reconciler.hpp"
#include "support/loop_wait.hpp"
#include "support/temporary_folder.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <sys/eventfd.h>

namespace cmw::test {

using plugin_host::Exit;
using plugin_host::Failure;
using plugin_host::Process;

inline base::Digest digest_of(const std::string& content) {
    base::Hasher hasher("blake2s-256");
    hasher.update(std::as_bytes(std::span(content)));
    return hasher.finish();
}

/// Programs outlive hosts, as real ones do: whoever has the runner finds them again.
class Programs {
  public:
    struct Program {
        std::int64_t pid = 0;
        std::string content; ///< Of the executable, when it was started.
        base::UniqueFd exit_fd;
        std::optional<Exit> exit;
    };
    std::map<std::string, std::shared_ptr<Program>> by_name;
    std::int64_t next_pid = 4'000'000'000; ///< No process of this machine has it.
    std::function<std::optional<Failure>(const std::string& content)> refuse; ///< A start.
    std::vector<std::string> log; ///< "start v1", "stop v1"

    void end(const std::string& name, Exit exit) {
        by_name.at(name)->exit = exit;
        ::eventfd_write(by_name.at(name)->exit_fd.get(), 1);
    }
};

class FakeRunner final : public plugin_host::ProcessRunner {
  public:
    FakeRunner(base::EventLoop& loop, Programs& programs) : loop_(loop), programs_(programs) {}

    void start(const plugin_host::Program& program, Done<Process> done) override {
        const auto content = read_text(program.executable);
        programs_.log.push_back("start " + content);
        if (const auto failure = programs_.refuse ? programs_.refuse(content) : std::nullopt)
            return loop_.post([done, failure] { done(tl::unexpected(*failure)); });
        auto made = std::make_shared<Programs::Program>();
        made->pid = programs_.next_pid++;
        made->content = content;
        made->exit_fd.reset(::eventfd(0, EFD_CLOEXEC));
        programs_.by_name[program.name] = made;
        loop_.post([done, made] { done(as_process(*made)); });
    }
    void adopt(const std::string& name, Done<Process> done) override {
        const auto found = programs_.by_name.find(name);
        if (found == programs_.by_name.end() || found->second->exit)
            return loop_.post([done] { done(tl::unexpected(Failure{CMW_NOT_FOUND, "gone", {}})); });
        loop_.post([done, made = found->second] { done(as_process(*made)); });
    }
    void stop(std::uint64_t id, plugin_host::StopHow, Done<void> done) override {
        for (auto& [name, program] : programs_.by_name) {
            if (static_cast<std::uint64_t>(program->pid) != id || program->exit) continue;
            programs_.log.push_back("stop " + program->content);
            programs_.end(name, {0, SIGTERM});
        }
        loop_.post([done] { done({}); });
    }
    void outcome(std::uint64_t id, Done<Exit> done) override {
        for (auto& [name, program] : programs_.by_name)
            if (static_cast<std::uint64_t>(program->pid) == id && program->exit)
                return loop_.post([done, exit = *program->exit] { done(exit); });
        loop_.post([done] { done(tl::unexpected(Failure{CMW_AGAIN, "it runs", {}})); });
    }
    void release(std::uint64_t) override {}
    void usage(std::uint64_t,
               std::function<void(std::optional<plugin_host::Usage>)> done) override {
        done(std::nullopt);
    }
    plugin_host::InstanceStatus status() const override { return {}; }

  private:
    static Process as_process(const Programs::Program& program) {
        return {static_cast<std::uint64_t>(program.pid), program.pid, program.exit_fd.get()};
    }
    base::EventLoop& loop_;
    Programs& programs_;
};

class FakeSource final : public plugin_host::BinarySource {
  public:
    explicit FakeSource(base::EventLoop& loop) : loop_(loop) {}

    std::map<base::Digest, std::string> content; ///< By the digest it is offered under.
    unsigned fetches = 0;
    std::vector<std::string> locations; ///< Of the last fetch.
    bool slow = false;                  ///< What is asked for waits.
    std::vector<std::function<void()>> waiting;
    std::size_t breaks_off_at = std::string::npos; ///< At this byte of each artifact.
    std::size_t given = 0;                         ///< Bytes, in all fetches.

    void fetch(const plugin_host::Artifact& artifact, const config::OptionValues&,
               std::shared_ptr<plugin_host::ByteSink> sink,
               std::function<void(tl::expected<void, Failure>)> done) override {
        ++fetches;
        locations = artifact.locations;
        if (slow) {
            waiting.push_back([this, artifact, sink, done] { fetch(artifact, {}, sink, done); });
            return;
        }
        const auto found = content.find(artifact.digest);
        auto outcome = found == content.end() ? tl::expected<void, Failure>(tl::unexpected(Failure{
                                                    CMW_NOT_FOUND, "cannot find the artifact", {}}))
                                              : give(*sink, found->second);
        loop_.post([done = std::move(done), outcome = std::move(outcome)] { done(outcome); });
    }
    void cancel() override {}
    plugin_host::InstanceStatus status() const override { return {}; }

  private:
    tl::expected<void, Failure> give(plugin_host::ByteSink& sink, const std::string& text) {
        const auto from = sink.offset();
        const auto rest = std::span(text).first(std::min(text.size(), breaks_off_at)).subspan(from);
        given += rest.size();
        const auto taken = sink.begin(from, text.size())
                               .and_then([&] { return sink.write(std::as_bytes(rest)); })
                               .and_then([&] { return sink.finish(); });
        if (taken) return {};
        return tl::unexpected(Failure{CMW_FAILED, base::to_string(taken.error()), {}});
    }
    base::EventLoop& loop_;
};

/// A script, so that it is fit to execute; what tells versions apart is the rest.
inline std::string version(const std::string& name) {
    return "#!/bin/sh\n# " + name + "\n";
}

/// One life of a host, over what lies in `folder` and runs in `programs`.
class Life {
  public:
    using Change = std::function<void(config::Settings&)>;

    /// `change`: of the configuration.
    Life(const TemporaryFolder& folder, Programs& programs, const Change& change = {})
        : loop_(std::move(*base::EventLoop::create())), runner_(*loop_, programs), source(*loop_) {
        config::ComponentSettings component;
        component.name = component.field = "server";
        component.path = folder / "bin/node";
        component.approved_by = {{.instance = "chain", .options = {}, .position = {}}};
        component.from.instance = "store";
        component.max_size = 1 << 20;
        component.keep = 3;
        settings_.host.keep_size = 1 << 30;
        settings_.components = {component};
        config::ServiceSettings service;
        service.name = "cmix";
        service.command = {component.path};
        service.components = {"server"};
        service.stop_timeout = std::chrono::seconds(10);
        service.restart_first = std::chrono::milliseconds(1);
        service.restart_cap = std::chrono::milliseconds(10);
        service.healthy_after = std::chrono::seconds(10);
        service.upgrade_window = std::chrono::milliseconds(1);
        settings_.services = {service};
        if (change) change(settings_);
        std::filesystem::create_directories(folder / "bin");
        std::filesystem::create_directories(folder / "state");
        database_.emplace(std::move(*state::Database::open(folder / "state/state.db")));
        reconciler_ = std::make_unique<reconcile::Reconciler>(
            reconcile::Reconciler::Parts{*loop_,
                                         settings_,
                                         *binary_store::Store::open(folder / "state"),
                                         *database_,
                                         {{"store", &source}},
                                         [this](auto, auto& line) { log.push_back(line); },
                                         [] {}});
        service_ = std::make_unique<supervisor::Service>(*loop_, settings_.services[0], runner_,
                                                         config::OptionValues{},
                                                         reconciler_->hooks("cmix"));
        REQUIRE(reconciler_->begin({{"cmix", service_.get()}}));
    }
    ~Life() { // In the order of the host: services before the reconciler's runner.
        service_.reset();
        reconciler_.reset();
    }

    void approve(const base::Digest& digest, bool ready = true) {
        plugin_host::Verdict verdict;
        verdict.run = ready;
        verdict.height = ++height_;
        verdict.approved["server"] = digest;
        reconciler_->on_verdict("chain", verdict);
    }
    /// A whole set, by field.
    void approve(const std::map<std::string, base::Digest>& digests) {
        plugin_host::Verdict verdict;
        verdict.run = true;
        verdict.height = ++height_;
        for (const auto& [field, digest] : digests) verdict.approved[field] = digest;
        reconciler_->on_verdict("chain", verdict);
    }
    void approve_nothing() {
        plugin_host::Verdict verdict;
        verdict.run = true;
        verdict.height = ++height_;
        reconciler_->on_verdict("chain", verdict);
    }

    /// Runs the loop until `reached`.
    bool until(const std::function<bool()>& reached) { return run_until(*loop_, reached); }
    bool until_state(const std::string& state) {
        return until([&] { return component().view.state == state; });
    }
    bool until_runs(const Programs& programs, const std::string& content) {
        return until([&] {
            const auto found = programs.by_name.find("cmix");
            return found != programs.by_name.end() && !found->second->exit &&
                   found->second->content == content &&
                   service_->status().state == supervisor::ServiceState::running;
        });
    }

    reconcile::ComponentReport component() const { return reconciler_->report().at("server"); }
    supervisor::ServiceStatus service() const { return service_->status(); }
    reconcile::Reconciler& reconciler() { return *reconciler_; }

    /// Events of the history so far, oldest first: "approved", "fetched", ...
    std::vector<std::string> history(const std::string& name) {
        std::vector<std::string> events;
        for (const auto& entry : entries(name)) events.push_back(entry.event);
        return events;
    }
    std::vector<state::HistoryEntry> entries(const std::string& name) {
        loop_->run_once(std::chrono::milliseconds(1)); // What is to be written is written.
        const auto found = database_->history(name, 1000);
        REQUIRE(found);
        return *found;
    }
    /// The last of these events; its words are "" if there is none.
    state::HistoryEntry last(const std::string& name, const std::string& event) {
        const auto all = entries(name);
        const auto found =
            std::ranges::find(all.rbegin(), all.rend(), event, &state::HistoryEntry::event);
        return found == all.rend() ? state::HistoryEntry{} : *found;
    }

  private:
    config::Settings settings_;
    std::unique_ptr<base::EventLoop> loop_;
    FakeRunner runner_;
    std::optional<state::Database> database_;
    std::unique_ptr<reconcile::Reconciler> reconciler_;
    std::unique_ptr<supervisor::Service> service_;
    std::uint64_t height_ = 0;

  public:
    FakeSource source;
    std::vector<std::string> log; ///< Of the host.
};

} // namespace cmw::test
