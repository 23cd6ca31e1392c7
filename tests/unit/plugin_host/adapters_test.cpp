// SPDX-License-Identifier: Apache-2.0
// The kinds over the ABI: what plugins pass is copied, bounded and checked.
#include "fake_plugin.hpp"
#include "plugin_host/binary_source.hpp"
#include "plugin_host/command_source.hpp"
#include "plugin_host/consensus_source.hpp"
#include "plugin_host/log_backend.hpp"
#include "plugin_host/process_runner.hpp"

#include <cmw/abi/binary_source.h>
#include <cmw/abi/command_source.h>
#include <cmw/abi/consensus_source.h>
#include <cmw/abi/process_runner.h>
#include <cstring>
#include <thread>

using namespace cmw;
using namespace cmw::plugin_host;
using namespace std::chrono_literals;
using cmw::test::FakePlugin;

TEST_SUITE_BEGIN("plugin_host");

namespace {

cmw_str str(std::string_view text) {
    return {text.data(), text.size()};
}

// ---- Consensus source --------------------------------------------------------------------------

std::function<cmw_status(const cmw_verdict*)> answer_with;

constexpr cmw_consensus_source_ops consensus_ops{
    sizeof(cmw_consensus_source_ops), [](void*, const cmw_call*, const cmw_verdict* verdict,
                                         cmw_error*) noexcept { return answer_with(verdict); }};

void approve(const cmw_verdict* verdict, std::string_view target, std::vector<std::uint8_t> digest,
             std::string_view algorithm = "blake2s-256") {
    const cmw_artifact artifact{sizeof artifact,
                                static_cast<std::uint32_t>(digest.size()),
                                digest.data(),
                                str(algorithm),
                                str(target),
                                nullptr,
                                0,
                                0};
    verdict->approve(verdict, &artifact);
}

tl::expected<Verdict, Failure> poll_with(const std::function<void(const cmw_verdict*)>& say) {
    FakePlugin fake(&consensus_ops);
    const auto instance = fake.instance();
    const auto source = make_consensus_source(*instance);
    answer_with = [&](const cmw_verdict* verdict) {
        say(verdict);
        return cmw_status{CMW_OK};
    };
    return fake.result_of<Verdict>([&](auto done) { source->poll(done); });
}

} // namespace

TEST_CASE("a verdict is taken whole") {
    const std::vector<std::uint8_t> one(32, 1);
    const auto verdict = poll_with([&](const cmw_verdict* v) {
        v->standing(v, CMW_STANDING_RUN, 42, str("in the\nactive set"));
        approve(v, "server", one);
        approve(v, "fatbin", std::vector<std::uint8_t>(32, 2), "sha-256");
        approve(v, "none", std::vector<std::uint8_t>(32, 0));
        v->fact(v, str("endpoint"), str("ws://here"));
    });
    REQUIRE(verdict);
    CHECK(verdict->run);
    CHECK(verdict->height == 42);
    CHECK(verdict->reason == "in the active set");
    REQUIRE(verdict->approved.size() == 2);
    CHECK(verdict->approved.at("server") == base::Digest{"blake2s-256", one});
    CHECK(verdict->facts.at("endpoint") == "ws://here");
    CHECK(verdict->facts.at("refused") == "all zero: none");
    CHECK_FALSE(poll_with([](const cmw_verdict* v) { v->standing(v, 99, 1, str("")); })->run);
}

TEST_CASE("where an artifact can be had, and what may come, is part of the answer") {
    const std::vector<std::uint8_t> one(64, 1), zero(32, 0);
    const std::vector<cmw_str> urls{str("https://one/x"), str(""), str("https://two/\n"),
                                    str("https://three/x")};
    const auto artifact = [&](const char* target, const std::vector<std::uint8_t>& digest,
                              const char* algorithm, std::uint32_t size) {
        return cmw_artifact{size,
                            static_cast<std::uint32_t>(digest.size()),
                            digest.data(),
                            str(algorithm),
                            str(target),
                            urls.data(),
                            4,
                            0};
    };
    const auto whole = artifact("server", one, "sha-512", sizeof(cmw_artifact));
    const auto older = artifact("fatbin", one, "sha-512", offsetof(cmw_artifact, locations));
    const auto empty = artifact("libpow", zero, "sha-256", sizeof(cmw_artifact));
    const auto verdict = poll_with([&](const cmw_verdict* v) {
        v->standing(v, CMW_STANDING_RUN, 1, str(""));
        v->approve(v, &whole);
        v->approve(v, &older);
        v->announce(v, &whole, 77, str("motion 3"));
        v->announce(v, &empty, 0, str("a withdrawn one"));
    });
    REQUIRE(verdict);
    const std::vector<std::string> usable{"https://one/x", "https://three/x"};
    CHECK(verdict->locations ==
          std::map<std::string, std::vector<std::string>>{{"server", usable}});
    REQUIRE(verdict->announced.size() == 1);
    CHECK(verdict->announced[0] ==
          Announcement{{{"sha-512", one}, "server", usable}, 77, "motion 3"});
}

TEST_CASE("an approval that makes no sense spoils the whole answer") {
    struct Case {
        const char* reason;
        std::function<void(const cmw_verdict*)> say;
    };
    const std::vector<std::uint8_t> one(32, 1);
    const Case cases[] = {
        {"unknown algorithm \"md5\"", [&](auto* v) { approve(v, "server", one, "md5"); }},
        {"\"server\" has 31 bytes",
         [](auto* v) { approve(v, "server", std::vector<std::uint8_t>(31, 1)); }},
        {"\"server\" has 0 bytes", [](auto* v) { approve(v, "server", {}); }},
        {"\"server\" is approved twice",
         [&](auto* v) {
             approve(v, "server", one);
             approve(v, "server", one);
         }},
        {"impossible target \"a b\"", [&](auto* v) { approve(v, "a\nb", one); }},
        {"impossible target", [&](auto* v) { approve(v, "", one); }},
        {"more than 256",
         [&](auto* v) {
             for (int i = 0; i < 300; ++i) approve(v, std::to_string(i), one);
         }},
        {"not a whole artifact", [](auto* v) { v->approve(v, nullptr); }},
        {"not a whole artifact",
         [](auto* v) {
             const cmw_artifact small{8, 0, nullptr, {}, {}, nullptr, 0, 0};
             v->approve(v, &small);
         }},
        {"\"server\" has 32 bytes, not 64", [&](auto* v) { approve(v, "server", one, "sha-512"); }},
        {"announcement is not a whole artifact",
         [](auto* v) { v->announce(v, nullptr, 0, str("")); }},
    };
    for (const auto& c : cases) {
        CAPTURE(c.reason);
        const auto verdict = poll_with([&](const cmw_verdict* v) {
            v->standing(v, CMW_STANDING_RUN, 1, {nullptr, 5});
            c.say(v);
        });
        REQUIRE_FALSE(verdict);
        CHECK(verdict.error().status == CMW_INVALID);
        CHECK(verdict.error().text.find(c.reason) != std::string::npos);
    }
    CHECK_FALSE(poll_with([](const cmw_verdict*) {}));
}

// ---- Binary source -----------------------------------------------------------------------------

namespace {

std::function<cmw_status(const cmw_artifact*, const cmw_writer*, cmw_error*)> fetch_with;

constexpr cmw_binary_source_ops binary_ops{
    sizeof(cmw_binary_source_ops),
    [](void*, const cmw_call*, const cmw_config*, const cmw_artifact* artifact,
       const cmw_writer* writer,
       cmw_error* error) noexcept { return fetch_with(artifact, writer, error); }};

struct Sink final : ByteSink {
    std::uint64_t kept = 0;
    std::uint64_t began = 99;
    std::uint64_t total = 0;
    std::string content;
    std::size_t limit = 100;
    bool finished = false;

    std::uint64_t offset() const override { return kept; }
    base::Result<> begin(std::uint64_t offset, std::uint64_t size) override {
        began = offset;
        total = size;
        return {};
    }
    base::Result<> write(std::span<const std::byte> bytes) override {
        if (content.size() + bytes.size() > limit)
            return base::fail("store", "cannot take it: too large");
        content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    }
    base::Result<> finish() override {
        finished = true;
        return content == "forged" ? base::fail("store", "cannot accept it: wrong digest")
                                   : base::Result<>();
    }
};

struct Fetched {
    tl::expected<void, Failure> result;
    std::shared_ptr<Sink> sink = std::make_shared<Sink>();
    InstanceStatus::State state{};
};

Fetched fetch(std::uint64_t kept, decltype(fetch_with) source) {
    FakePlugin fake(&binary_ops);
    const auto instance = fake.instance();
    const auto adapter = make_binary_source(*instance);
    fetch_with = std::move(source);
    Fetched fetched;
    fetched.sink->kept = kept;
    const Artifact artifact{{"blake2s-256", std::vector<std::uint8_t>(32, 7)}, "server"};
    fetched.result =
        fake.result_of<void>([&](auto done) { adapter->fetch(artifact, {}, fetched.sink, done); });
    fetched.state = instance->status().state;
    return fetched;
}

} // namespace

TEST_CASE("a fetch goes into the sink, which has the last word") {
    auto fetched =
        fetch(3, [](const cmw_artifact* artifact, const cmw_writer* writer, cmw_error* error) {
            CHECK(std::string_view(artifact->target.data, artifact->target.size) == "server");
            CHECK(artifact->digest_size == 32);
            CHECK(writer->offset == 3);
            CHECK(writer->begin(writer, 3, 9, error) == CMW_OK);
            return writer->write(writer, "abc", 3, error);
        });
    CHECK(fetched.result);
    CHECK(fetched.sink->began == 3);
    CHECK(fetched.sink->total == 9);
    CHECK(fetched.sink->content == "abc");
    CHECK(fetched.sink->finished);

    SUBCASE("without begin, it starts at 0") {
        fetched = fetch(3, [](auto*, const cmw_writer* writer, cmw_error* error) {
            return writer->write(writer, "abc", 3, error);
        });
        CHECK(fetched.result);
        CHECK(fetched.sink->began == 0);
        CHECK(fetched.sink->total == CMW_SIZE_UNKNOWN);
    }
    SUBCASE("nothing at all is finished too: an empty file") {
        fetched = fetch(0, [](auto*, auto*, auto*) { return cmw_status{CMW_OK}; });
        CHECK(fetched.sink->began == 0);
        CHECK(fetched.sink->finished);
    }
    SUBCASE("a source that failed is not finished") {
        fetched = fetch(0, [](auto*, auto*, auto*) { return cmw_status{CMW_NOT_FOUND}; });
        CHECK(fetched.result.error().status == CMW_NOT_FOUND);
        CHECK_FALSE(fetched.sink->finished);
    }
    SUBCASE("what the sink refuses is its own failure, whatever the source makes of it") {
        fetched = fetch(0, [](auto*, const cmw_writer* writer, cmw_error* error) {
            const std::string large(200, 'x');
            CHECK(writer->write(writer, large.data(), large.size(), error) == CMW_FAILED);
            CHECK(std::string_view(error->text) == "cannot take it: too large");
            CHECK(writer->write(writer, "y", 1, nullptr) == CMW_FAILED);
            return cmw_status{CMW_OK};
        });
        REQUIRE_FALSE(fetched.result);
        CHECK(fetched.result.error().status == CMW_FAILED);
        CHECK(fetched.result.error().text == "store: cannot take it: too large");
        CHECK_FALSE(fetched.sink->finished);
        CHECK(fetched.state == InstanceStatus::State::ok);
    }
    SUBCASE("nor is it the source's fault that the digest was wrong") {
        fetched = fetch(0, [](auto*, const cmw_writer* writer, cmw_error* error) {
            return writer->write(writer, "forged", 6, error);
        });
        CHECK(fetched.result.error().text == "store: cannot accept it: wrong digest");
    }
    SUBCASE("beginning twice or elsewhere, or bytes from nowhere, is refused") {
        fetched = fetch(3, [](auto*, const cmw_writer* writer, cmw_error* error) {
            return writer->begin(writer, 2, 9, error);
        });
        CHECK_FALSE(fetched.result);
        fetched = fetch(0, [](auto*, const cmw_writer* writer, cmw_error* error) {
            CHECK(writer->begin(writer, 0, 9, error) == CMW_OK);
            return writer->begin(writer, 0, 9, error);
        });
        CHECK_FALSE(fetched.result);
        fetched = fetch(0, [](auto*, const cmw_writer* writer, cmw_error* error) {
            return writer->write(writer, nullptr, 9, error);
        });
        CHECK_FALSE(fetched.result);
    }
}

TEST_CASE("a fetch that was given up writes no more") {
    FakePlugin fake(&binary_ops);
    const auto instance = fake.instance(1ms);
    const auto adapter = make_binary_source(*instance);
    std::atomic<bool> begun{false};
    std::atomic<bool> go{false};
    std::atomic<cmw_status> late{CMW_OK};
    fetch_with = [&](auto*, const cmw_writer* writer, cmw_error* error) {
        begun = true;
        while (!go) std::this_thread::yield();
        const auto status = writer->write(writer, "late", 4, error);
        late = status;
        return status;
    };
    auto sink = std::make_shared<Sink>();
    const Artifact artifact{{"blake2s-256", std::vector<std::uint8_t>(32, 7)}, "server"};
    const auto result = fake.result_of<void>([&](auto done) {
        adapter->fetch(artifact, {}, sink, done);
        while (!begun) std::this_thread::yield();
        adapter->cancel();
    });
    CHECK(result.error().status == CMW_CANCELLED);
    go = true;
    fake.wait([&] { return sink.use_count() == 1; });
    CHECK(late == CMW_CANCELLED);
    CHECK(sink->content.empty());
    CHECK_FALSE(sink->finished);
}

// ---- Command source ----------------------------------------------------------------------------

namespace {

std::function<void(const cmw_mailbox*)> deliver_with;

constexpr cmw_command_source_ops command_ops{
    sizeof(cmw_command_source_ops),
    [](void*, const cmw_call*, const cmw_mailbox* mailbox, cmw_error*) noexcept {
        deliver_with(mailbox);
        return cmw_status{CMW_OK};
    }};

tl::expected<std::vector<CommandFile>, Failure> poll_commands(decltype(deliver_with) source) {
    FakePlugin fake(&command_ops);
    const auto instance = fake.instance();
    const auto adapter = make_command_source(*instance);
    deliver_with = std::move(source);
    return fake.result_of<std::vector<CommandFile>>([&](auto done) { adapter->poll(done); });
}

} // namespace

TEST_CASE("command files are copied, and bounded") {
    const auto files = poll_commands([](const cmw_mailbox* mailbox) {
        mailbox->deliver(mailbox, str("one"), str(std::string_view("\0\xff", 2)));
        mailbox->deliver(mailbox, str("two\n"), {nullptr, 9});
    });
    REQUIRE(files);
    REQUIRE(files->size() == 2);
    CHECK((*files)[0].content == std::string("\0\xff", 2));
    CHECK((*files)[1].name == "two");
    CHECK((*files)[1].content.empty());

    const std::string mebibyte(std::size_t{1} << 20, 'x');
    CHECK_FALSE(poll_commands([&](const cmw_mailbox* m) { m->deliver(m, str(""), str("x")); }));
    CHECK_FALSE(
        poll_commands([&](const cmw_mailbox* m) { m->deliver(m, str("n"), str(mebibyte + "x")); }));
    CHECK_FALSE(poll_commands([&](const cmw_mailbox* m) {
        for (int i = 0; i < 17; ++i) m->deliver(m, str("n"), str(mebibyte));
    }));
    CHECK_FALSE(poll_commands([&](const cmw_mailbox* m) {
        for (int i = 0; i < 1001; ++i) m->deliver(m, str("n"), str("x"));
    }));
}

// ---- Process runner ----------------------------------------------------------------------------

namespace {

cmw_process next_process;
std::atomic<std::uint64_t> released{0};

constexpr cmw_process_runner_ops runner_ops{
    sizeof(cmw_process_runner_ops),
    [](void*, const cmw_call*, const cmw_program* program, cmw_process* process,
       cmw_error* error) noexcept -> cmw_status {
        const std::string seen =
            std::string(program->name) + "|" + program->executable + "|" + program->arguments[1] +
            "|" + (program->arguments[2] == nullptr ? "end" : "more") + "|" +
            program->environment[0] + "|" + (program->directory == nullptr ? "none" : "set") + "|" +
            program->output_path + "|" + std::to_string(program->use->count);
        if (next_process.id == 77) {
            std::snprintf(error->text, error->capacity, "%s", seen.c_str());
            return CMW_FAILED;
        }
        *process = next_process;
        return CMW_OK;
    },
    nullptr,
    [](void*, const cmw_call*, std::uint64_t id, std::uint32_t how, cmw_error*) noexcept {
        return id == 5 && how == CMW_STOP_NOW ? cmw_status{CMW_OK} : cmw_status{CMW_NOT_FOUND};
    },
    [](void*, std::uint64_t id, cmw_exit* exit, cmw_error*) noexcept -> cmw_status {
        if (id != 5) return CMW_AGAIN;
        exit->signal = 9;
        return CMW_OK;
    },
    [](void*, std::uint64_t id) noexcept { released = id; },
    [](void*, std::uint64_t id, cmw_usage* usage, cmw_error*) noexcept -> cmw_status {
        if (id != 5) return CMW_NOT_FOUND;
        usage->memory_bytes = 4096;
        usage->threads = -7; // Makes no sense: as if it were not known.
        return CMW_OK;
    }};

} // namespace

TEST_CASE("programs and processes cross the boundary") {
    FakePlugin fake(&runner_ops);
    const auto instance = fake.instance();
    const auto runner = make_process_runner(*instance);
    Program program;
    program.name = "cmix";
    program.executable = "/bin/cmix";
    program.arguments = {"cmix", "--config"};
    program.environment = {"A=b"};
    program.output_path = "/log";
    program.use = {{config::OptionType::string, std::string("u"), false, {}}};
    const auto start = [&](cmw_process process) {
        next_process = process;
        return fake.result_of<Process>([&](auto done) { runner->start(program, done); });
    };
    const auto started = start({sizeof(cmw_process), 3, 5, 99});
    REQUIRE(started);
    CHECK(started->id == 5);
    CHECK(started->pid == 99);
    CHECK(started->exit_fd == 3);
    CHECK(start({sizeof(cmw_process), 3, 77, 0}).error().text ==
          "cmix|/bin/cmix|--config|end|A=b|none|/log|1");
    CHECK(start({sizeof(cmw_process), 3, 0, 99}).error().status == CMW_INVALID);
    CHECK(start({sizeof(cmw_process), -1, 5, 99}).error().status == CMW_INVALID);

    CHECK(fake.result_of<Process>([&](auto done) { runner->adopt("cmix", done); }).error().status ==
          CMW_NOT_FOUND);
    CHECK(fake.result_of<void>([&](auto done) { runner->stop(5, StopHow::now, done); }));
    CHECK_FALSE(fake.result_of<void>([&](auto done) { runner->stop(5, StopHow::gently, done); }));
    const auto exit = fake.result_of<Exit>([&](auto done) { runner->outcome(5, done); });
    REQUIRE(exit);
    CHECK(*exit == Exit{CMW_EXIT_UNKNOWN, 9});
    const auto runs = fake.result_of<Exit>([&](auto done) { runner->outcome(6, done); });
    CHECK(runs.error().status == CMW_AGAIN);
    CHECK(runner->status().state == InstanceStatus::State::ok);
    runner->release(5);
    fake.wait([] { return released == 5; });
}

TEST_CASE("what a process uses is told by runners that can, and is no fault of those that cannot") {
    const auto usage_by = [](const cmw_process_runner_ops& ops, std::uint64_t id) {
        FakePlugin fake(&ops);
        const auto instance = fake.instance();
        const auto runner = make_process_runner(*instance);
        std::optional<Usage> usage;
        bool told = false;
        runner->usage(id, [&](const std::optional<Usage>& answer) {
            usage = answer;
            told = true;
        });
        fake.wait([&] { return told; });
        CHECK(runner->status().state == InstanceStatus::State::ok);
        return usage;
    };
    CHECK(usage_by(runner_ops, 5) == Usage{4096, {}, {}, {}, {}});
    CHECK(usage_by(runner_ops, 6) == std::nullopt);
    auto other = runner_ops;
    other.usage = nullptr;
    CHECK(usage_by(other, 5) == std::nullopt);
    other = runner_ops;
    other.struct_size = offsetof(cmw_process_runner_ops, usage); // Built before there was one.
    CHECK(usage_by(other, 5) == std::nullopt);
}

TEST_CASE("how a process ended, in words") {
    CHECK(to_string(Exit{3, 0}) == "exited with status 3");
    CHECK(to_string(Exit{0, 11}) == "killed by SIGSEGV (signal 11)");
    CHECK(to_string(Exit{0, 77}) == "killed by signal 77");
    CHECK(to_string(Exit{CMW_EXIT_UNKNOWN, 0}) == "ended, its status unknown");
}

// ---- Log backend -------------------------------------------------------------------------------

namespace {

constexpr cmw_log_backend_ops log_ops{sizeof(cmw_log_backend_ops),
                                      [](void*, const cmw_call*, const cmw_log_batch* batch,
                                         std::size_t* delivered,
                                         cmw_error*) noexcept -> cmw_status {
                                          if (batch->count == 1) return CMW_OK;
                                          *delivered = 1;
                                          return CMW_AGAIN;
                                      },
                                      nullptr};

} // namespace

TEST_CASE("a log backend's account of what it delivered") {
    FakePlugin fake(&log_ops);
    const test::TemporaryFolder folder;
    const auto factory = make_log_backend_factory(fake.plugin(), fake.settings(),
                                                  {"test/1", folder.path().string(), {}});
    const auto backend = factory();
    REQUIRE(backend);
    CHECK((*backend)->limits().records == std::numeric_limits<std::uint32_t>::max());
    const cmw_log_record records[3]{};
    const Call call(base::Monotonic::max());
    const auto write = [&](std::size_t count) {
        return (*backend)->write(
            {sizeof(cmw_log_batch), sizeof(cmw_log_record), count, records, nullptr}, call);
    };
    CHECK(write(1).delivered == 1);
    CHECK_FALSE(write(1).failure);
    const auto partly = write(3);
    CHECK(partly.delivered == 1);
    REQUIRE(partly.failure);
    CHECK(partly.failure->status == CMW_AGAIN);
}

TEST_SUITE_END();
