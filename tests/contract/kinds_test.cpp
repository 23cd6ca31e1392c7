// SPDX-License-Identifier: Apache-2.0
// What holds for the plugins of each kind, through the same adapters as in the host.
#include "plugin_host/binary_source.hpp"
#include "plugin_host/command_source.hpp"
#include "plugin_host/consensus_source.hpp"
#include "plugin_host/log_backend.hpp"
#include "plugin_host/process_runner.hpp"
#include "subject.hpp"
#include "support/loop_wait.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/wait.h>

using namespace cmw;
using namespace cmw::plugin_host;
using namespace std::chrono_literals;
using cmw::test::Subject;
using cmw::test::subjects;

namespace {

/// An instance of a subject, on a loop of its own. A call that does not come back within the grace
/// makes it stuck, which no shipped plugin may become.
class Running {
  public:
    explicit Running(const Subject& subject) : loop_(*base::EventLoop::create()) {
        config::InstanceSettings settings;
        settings.kind = subject.plugin().schema.kind;
        settings.name = "it";
        settings.options = subject.options();
        instance_ = std::make_unique<Instance>(
            *loop_, subject.plugin(), settings,
            HostContext{"cmix-wrapper/test", subject.folder() + "/state", {}}, 20s);
    }
    ~Running() { CHECK(instance_->status().state != InstanceStatus::State::stuck); }

    Instance& instance() { return *instance_; }

    /// What `begin`'s call ends with; with `cancel`, it is cancelled once it has begun.
    template <class T, class Begin>
    tl::expected<T, Failure> result_of(Begin begin, bool cancel = false) {
        std::optional<tl::expected<T, Failure>> answer;
        begin([&](tl::expected<T, Failure> result) { answer = std::move(result); });
        if (cancel) {
            loop_->run_once(50ms);
            instance_->cancel();
        }
        REQUIRE(test::run_until(
            *loop_, [&] { return answer.has_value(); }, 60s));
        if (!*answer) CHECK_FALSE(answer->error().text.empty());
        return *answer;
    }

  private:
    std::unique_ptr<base::EventLoop> loop_;
    std::unique_ptr<Instance> instance_;
};

struct Bytes final : ByteSink {
    std::string content;
    std::uint64_t offset() const override { return 0; }
    base::Result<> begin(std::uint64_t, std::uint64_t) override { return {}; }
    base::Result<> write(std::span<const std::byte> bytes) override {
        content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    }
    base::Result<> finish() override { return {}; }
};

/// A record as a host with a newer ABI has it.
struct LargerRecord {
    cmw_log_record record;
    std::uint64_t more[3];
};

} // namespace

TEST_CASE("a consensus source answers first, then waits for a change, and can be cancelled") {
    for (const auto& subject : subjects("consensus-source")) {
        INFO(subject.label());
        Running running(subject);
        const auto source = make_consensus_source(running.instance());
        const auto poll = [&](auto done) { source->poll(done); };
        if (!subject.works()) {
            CHECK_FALSE(running.result_of<Verdict>(poll, true));
            continue;
        }
        const auto first = running.result_of<Verdict>(poll);
        REQUIRE(first);
        CHECK(first->approved.contains("server"));
        const auto second = running.result_of<Verdict>(poll, true);
        REQUIRE_FALSE(second);
        CHECK(second.error().status == CMW_CANCELLED);
    }
}

TEST_CASE("a binary source writes all of the artifact, or says why not, and can be cancelled") {
    for (const auto& subject : subjects("binary-source")) {
        INFO(subject.label());
        Running running(subject);
        const auto source = make_binary_source(running.instance());
        auto sink = std::make_shared<Bytes>();
        const Artifact artifact{{"blake2s-256", std::vector<std::uint8_t>(32, 7)}, "server"};
        const auto fetch = [&](auto done) { source->fetch(artifact, subject.use(), sink, done); };
        const auto result = running.result_of<void>(fetch, !subject.works());
        CHECK(result.has_value() == subject.works());
        if (subject.works()) CHECK(sink->content == "the program");
    }
}

TEST_CASE("a log backend takes records of any size, and keeps account") {
    for (const auto& subject : subjects("log-backend")) {
        INFO(subject.label());
        config::InstanceSettings settings;
        settings.kind = "log-backend";
        settings.name = "it";
        settings.options = subject.options();
        const auto factory = make_log_backend_factory(
            subject.plugin(), settings, {"cmix-wrapper/test", subject.folder() + "/state", {}});
        const auto backend = factory();
        REQUIRE(backend);
        const std::string large((*backend)->limits().record_bytes > 100'000
                                    ? 100'000
                                    : (*backend)->limits().record_bytes,
                                'x');
        const std::string texts[] = {"first", "", std::string("\0\xff\x1b\n", 4), large, "last"};
        std::vector<LargerRecord> records;
        for (const auto& text : texts)
            records.push_back({{1'600'000'000'000'000'000,
                                records.size() + 1,
                                {"cmix", 4},
                                {text.data(), text.size()},
                                CMW_LEVEL_INFO,
                                0},
                               {~0ULL, ~0ULL, ~0ULL}});
        const ConfigTable use(subject.use());
        const cmw_log_batch batch{sizeof batch,       sizeof(LargerRecord), records.size(),
                                  &records[0].record, &use.get(),           nullptr};
        const auto whole = (*backend)->write(batch, Call(base::Monotonic::max()));
        CHECK(whole.delivered == records.size());
        CHECK_FALSE(whole.failure);
        CHECK(whole.rejected == 0); // It works.

        Call cancelled(base::Monotonic::max());
        cancelled.cancel();
        const auto outcome = (*backend)->write(batch, cancelled);
        CHECK(outcome.delivered <= records.size());
        CHECK(outcome.failure.has_value() == (outcome.delivered < records.size()));
        CHECK(outcome.rejected <= outcome.delivered);
        if (outcome.failure) CHECK(outcome.failure->status == CMW_CANCELLED);
    }
}

TEST_CASE("a process runner starts, stops and tells how it ended") {
    for (const auto& subject : subjects("process-runner")) {
        INFO(subject.label());
        Running running(subject);
        const auto runner = make_process_runner(running.instance());
        const auto start = [&](const std::string& executable, const std::string& argument) {
            Program program;
            program.name = "contract";
            program.executable = executable;
            program.arguments = {executable, argument};
            program.environment = {"PATH=/usr/bin:/bin"};
            program.use = subject.use();
            return running.result_of<Process>([&](auto done) { runner->start(program, done); });
        };
        const auto wait = [&](const Process& process) {
            pollfd poll{process.exit_fd, POLLIN, 0};
            REQUIRE(::poll(&poll, 1, 60'000) == 1);
            const auto exit =
                running.result_of<Exit>([&](auto done) { runner->outcome(process.id, done); });
            runner->release(process.id);
            REQUIRE(exit);
            return *exit;
        };
        const auto adopted =
            running.result_of<Process>([&](auto done) { runner->adopt("nobody", done); });
        REQUIRE_FALSE(adopted);
        // One that cannot reach what runs its programs does not know.
        const bool away = !subject.works() && adopted.error().status == CMW_AGAIN;
        CHECK((away || adopted.error().status == CMW_NOT_FOUND));
        CHECK_FALSE(start("/nonexistent/program", "x"));
        if (!subject.works()) continue;

        const auto quick = start("/bin/sh", "-c");
        REQUIRE(quick); // sh without a command: exit status 2.
        CHECK(wait(*quick) == Exit{2, 0});
        const auto slow = start("/bin/sleep", "1000");
        REQUIRE(slow);
        const auto early =
            running.result_of<Exit>([&](auto done) { runner->outcome(slow->id, done); });
        REQUIRE_FALSE(early);
        CHECK(early.error().status == CMW_AGAIN);
        const auto usage_of = [&](std::uint64_t id) {
            return running.result_of<std::optional<Usage>>([&](auto done) {
                runner->usage(id, [done](std::optional<Usage> usage) { done(usage); });
            });
        };
        if (const auto usage = usage_of(slow->id); usage && *usage) {
            CHECK((*usage)->memory_bytes.value_or(1) > 0); // Not known, or more than nothing.
            CHECK((*usage)->threads.value_or(1) > 0);
            CHECK((*usage)->processes.value_or(1) > 0);
        }
        CHECK_FALSE(usage_of(slow->id + 1000)->has_value());
        CHECK(running.result_of<void>(
            [&](auto done) { runner->stop(slow->id, StopHow::now, done); }));
        CHECK(wait(*slow).signal == SIGKILL); // Its code means nothing then.
    }
}

TEST_CASE("a command source delivers what is there byte for byte, and can be cancelled") {
    using Files = std::vector<CommandFile>;
    for (const auto& subject : subjects("command-source")) {
        INFO(subject.label());
        if (subject.label() == "command-source silent")
            continue; // The SDK's smallest: from nowhere.
        const auto poll = [](Running& running, bool cancel = false) {
            const auto source = make_command_source(running.instance());
            return running.result_of<Files>([&](auto done) { source->poll(done); }, cancel);
        };
        /// Until a file is there, with a limit: one that cannot be notified answers at once.
        const auto next = [&](Running& running) {
            for (int i = 0; i < 100; ++i)
                if (const auto files = poll(running); !files || !files->empty()) return files;
            FAIL("nothing is delivered");
            return tl::expected<Files, Failure>();
        };
        const auto delivers = [&](Running& running, const std::string& content) {
            const auto files = next(running);
            REQUIRE(files);
            REQUIRE(files->size() == 1);
            CHECK(files->front().name.ends_with("command.jsonl"));
            CHECK(files->front().content == content);
        };
        subject.publish(std::nullopt);
        {
            INFO("nothing is there: no file, and no fault");
            Running running(subject);
            const auto nothing = poll(running, true);
            if (nothing)
                CHECK(nothing->empty());
            else
                CHECK(nothing.error().status == CMW_CANCELLED);
            INFO("it comes, and is replaced");
            subject.publish(test::orders());
            delivers(running, test::orders());
            subject.publish(test::orders() + "more");
            delivers(running, test::orders() + "more");
        }
        INFO("a new host gets again what is there");
        Running running(subject);
        delivers(running, test::orders() + "more");
        const auto second = poll(running, true);
        if (second)
            CHECK(second->size() == 1); // Again, for one that cannot be notified.
        else
            CHECK(second.error().status == CMW_CANCELLED);
    }
}
