// SPDX-License-Identifier: Apache-2.0
#include "commands/inbox.hpp"

#include "base/system.hpp"
#include "support/loop_wait.hpp"
#include "unit/commands/issuer.hpp"

#include <deque>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <random>

using namespace cmw;
using namespace cmw::commands;
using namespace std::chrono_literals;
using Answer = tl::expected<std::vector<plugin_host::CommandFile>, plugin_host::Failure>;

namespace {

/// Brings what lies in it, each time that it is asked.
class Folder final : public plugin_host::CommandSource {
  public:
    explicit Folder(base::EventLoop& loop) : loop_(loop) {}

    std::vector<plugin_host::CommandFile> files;
    std::optional<plugin_host::Failure> failure;
    unsigned polls = 0;
    unsigned instances = 1;

    void poll(std::function<void(Answer)> done) override {
        ++polls;
        Answer answer = files;
        if (failure) answer = tl::unexpected(*failure);
        loop_.post([done = std::move(done), answer] { done(answer); });
    }
    void cancel() override {}
    void reinitialise() override { ++instances; }
    plugin_host::InstanceStatus status() const override { return {}; }

  private:
    base::EventLoop& loop_;
};

struct Scene {
    std::unique_ptr<base::EventLoop> loop = std::move(*base::EventLoop::create());
    test::TemporaryFolder folder;
    test::Issuer network;
    Folder source{*loop};
    config::InstanceSettings settings;
    std::optional<state::Database> database;
    std::vector<std::string> carried_out;
    std::vector<std::string> history;
    std::optional<std::string> node = "A";
    std::function<base::Result<>(const Command&)> answer;
    std::deque<Inbox::Done> unanswered; ///< While `slow`.
    bool slow = false;
    std::unique_ptr<Inbox> inbox;
    std::int64_t last_time =
        std::chrono::duration_cast<std::chrono::seconds>(base::unix_now().time_since_epoch())
            .count() -
        1000;

    Scene() {
        settings.name = "management";
        settings.orders.certificate = folder / "network.crt";
        settings.orders.every = 1ms;
        settings.orders.from_beginning = true;
        std::ofstream(settings.orders.certificate) << network.pem();
        open();
    }
    void open() {
        database.reset();
        database.emplace(std::move(*state::Database::open(folder / "state.db")));
    }

    void begin() {
        inbox.reset();
        Inbox::Hooks hooks;
        hooks.carry_out = [this](const Command& command, const std::string& who, Inbox::Done done) {
            CHECK(who.starts_with("management ("));
            carried_out.push_back(in_words(command));
            if (slow) return unanswered.push_back(std::move(done));
            done(answer ? answer(command) : base::Result<>());
        };
        hooks.node_id = [this] { return node; };
        hooks.told = [this](const state::HistoryEntry& entry) {
            history.push_back(entry.event + " " + entry.why);
        };
        hooks.changed = [] {};
        inbox = std::make_unique<Inbox>(*loop, settings, source, *database, std::move(hooks),
                                        Inbox::Options{{1ms, 2ms, 2.0, 0.0}, &base::unix_now});
    }

    /// Publishes a set of these commands, newer than those before.
    void publish(const std::string& name, const std::string& commands) {
        source.files.push_back(
            {name, network.file(fmt::format(R"({{"timestamp": {}, "commands": [{}]}})", ++last_time,
                                            commands))});
    }
    bool until(const std::function<bool()>& reached) { return test::run_until(*loop, reached); }
    /// Some polls later: whatever was to happen has.
    void settle() {
        const auto polls = source.polls + 3;
        REQUIRE(until([&] { return source.polls >= polls; }));
    }
};

const std::string stop_binary = R"({"command": "stop", "target": "binary"})";
const std::string start_binary = R"({"command": "start", "target": "binary"})";
const std::string stop_logger = R"({"command": "stop", "target": "logger"})";

using Words = std::vector<std::string>;

} // namespace

TEST_CASE("inbox: orders are carried out in order, once, over restarts") {
    Scene scene;
    scene.publish("b.jsonl", stop_binary + ", " + start_binary);
    scene.publish("a.jsonl", stop_logger);
    std::swap(scene.source.files[0], scene.source.files[1]); // The order of time counts.
    scene.begin();
    const Words expected{"stop binary", "start binary", "stop logger"};
    REQUIRE(scene.until([&] { return scene.carried_out.size() == 3; }));
    scene.settle();
    CHECK(scene.carried_out == expected);
    CHECK(scene.history == Words{"taken b.jsonl: stop binary, start binary",
                                 "taken a.jsonl: stop logger", "done b.jsonl: done",
                                 "done a.jsonl: done"});
    CHECK(scene.inbox->status().last == "a.jsonl: done");
    CHECK(scene.inbox->status().doing.empty());
    scene.inbox.reset();
    scene.open();
    scene.begin();
    scene.settle();
    CHECK(scene.carried_out == expected);
    CHECK(scene.inbox->status().last == "a.jsonl: done");
}

TEST_CASE("flaw 17: commands given while the host is down are carried out by the next") {
    Scene scene;
    scene.settings.orders.from_beginning = false;
    scene.publish("old.jsonl", stop_binary); // From before the first look of all.
    scene.begin();
    scene.settle();
    CHECK(scene.carried_out.empty());
    CHECK(scene.inbox->status().refused.find("before this host first looked") != std::string::npos);
    scene.inbox.reset();
    scene.last_time += 1001; // From now on, while nobody looks.
    scene.publish("command.jsonl", stop_binary);
    scene.begin();
    CHECK(scene.until([&] { return scene.carried_out == Words{"stop binary"}; }));
}

TEST_CASE("flaw 16: what was carried out is not again after a restart") {
    Scene scene;
    scene.publish("first.jsonl", stop_binary);
    scene.publish("second.jsonl", start_binary);
    const auto first = scene.source.files[0];
    scene.begin();
    REQUIRE(scene.until([&] { return scene.inbox->status().last == "second.jsonl: done"; }));
    scene.inbox.reset();
    scene.open();
    scene.source.files = {first};
    scene.begin();
    scene.settle();
    scene.publish("third.jsonl", stop_logger);
    REQUIRE(scene.until([&] { return scene.carried_out.size() == 3; }));
    CHECK(scene.carried_out.back() == "stop logger");
}

TEST_CASE("flaw 21: after a failure the rest of the set does not follow, nor the set again") {
    Scene scene;
    scene.answer = [](const Command& command) -> base::Result<> {
        if (command.verb == Verb::stop) return base::fail("service.cmix", "cannot stop it");
        return {};
    };
    scene.publish("command.jsonl", stop_binary + ", " + start_binary);
    scene.begin();
    REQUIRE(scene.until([&] { return !scene.inbox->status().last.empty(); }));
    scene.settle();
    CHECK(scene.carried_out == Words{"stop binary"});
    CHECK(scene.inbox->status().last ==
          "command.jsonl: cannot stop binary: service.cmix: cannot stop it");
    scene.publish("next.jsonl", start_binary);
    CHECK(scene.until([&] { return scene.carried_out.size() == 2; }));
}

TEST_CASE("flaw 22: what is refused is told once, and kept within a bound") {
    Scene scene;
    scene.source.files.push_back({"command.jsonl", "garbage"});
    scene.begin();
    scene.settle();
    scene.begin();
    scene.settle();
    CHECK(scene.history.size() == 1);
    CHECK(scene.history.front().starts_with("refused command.jsonl: cannot read"));
    scene.source.files.clear();
    for (int i = 0; i < 250; ++i)
        scene.source.files.push_back({"command.jsonl", fmt::format("garbage {}", i)});
    REQUIRE(scene.until([&] { return scene.history.size() == 251; }));
    scene.publish("command.jsonl", stop_binary);
    CHECK(scene.until([&] { return scene.carried_out == Words{"stop binary"}; }));
}

TEST_CASE("flaw 13: a delay holds up nothing but what is behind it, and goes on after a restart") {
    Scene scene;
    scene.publish("command.jsonl", stop_binary +
                                       R"(, {"command": "delay", "info": {"time": 60000}}, )" +
                                       start_binary);
    scene.begin();
    REQUIRE(scene.until([&] { return scene.inbox->status().doing.starts_with("delay 1m"); }));
    scene.publish("next.jsonl", stop_logger);
    REQUIRE(scene.until([&] { return scene.inbox->status().waiting == 1; }));
    CHECK(scene.carried_out == Words{"stop binary"});
    const auto until = scene.database->order_source("management")->sets.front().until;
    CHECK(until > base::unix_now());
    scene.begin();
    scene.settle();
    const auto sets = scene.database->order_source("management")->sets;
    CHECK(sets.front().until == until); // Not begun anew.
    CHECK(scene.carried_out == Words{"stop binary"});
    // As if the host had been down until its end.
    auto record = sets.front();
    record.until = base::unix_now();
    scene.inbox.reset();
    REQUIRE(scene.database->save_order("management", record));
    scene.begin();
    CHECK(scene.until([&] {
        return scene.carried_out == Words{"stop binary", "start binary", "stop logger"};
    }));
}

TEST_CASE("inbox: a short delay ends by itself") {
    Scene scene;
    scene.publish("command.jsonl",
                  stop_binary + R"(, {"command": "delay", "info": {"time": 5}}, )" + start_binary);
    scene.begin();
    CHECK(scene.until([&] { return scene.carried_out == Words{"stop binary", "start binary"}; }));
}

TEST_CASE("inbox: the operator has the last word") {
    Scene scene;
    scene.settings.orders.ask = {"stop"};
    scene.publish("command.jsonl", start_binary + ", " + stop_binary + ", " + stop_logger);
    scene.publish("next.jsonl", start_binary);
    scene.begin();
    REQUIRE(scene.until([&] { return scene.inbox->status().asks; }));
    CHECK(scene.inbox->status().doing == "stop binary (command 2 of 3 of command.jsonl)");
    CHECK(scene.inbox->status().waiting == 1);
    scene.begin(); // It still waits.
    REQUIRE(scene.until([&] { return scene.inbox->status().asks; }));
    REQUIRE(scene.inbox->decide(true, "operator"));
    CHECK_FALSE(scene.history.back().find("approved") == std::string::npos);
    REQUIRE(scene.until([&] { return scene.carried_out.size() == 2; }));
    REQUIRE(scene.until([&] { return scene.inbox->status().asks; })); // Of the next one again.
    REQUIRE(scene.inbox->decide(false, "operator"));
    CHECK(scene.until([&] {
        return scene.carried_out == Words{"start binary", "stop binary", "start binary"};
    }));
    CHECK_FALSE(scene.inbox->decide(true, "operator"));
}

TEST_CASE("inbox: commands for other nodes, and for a node whose name is not known yet") {
    Scene scene;
    scene.node.reset();
    scene.publish("command.jsonl",
                  start_binary + R"(, {"command": "stop", "target": "binary", "nodes": ["B"]}, )" +
                      R"({"command": "stop", "target": "logger", "nodes": ["B", "A"]})");
    scene.begin();
    REQUIRE(scene.until(
        [&] { return scene.inbox->status().doing.find("identity file") != std::string::npos; }));
    scene.node = "A";
    CHECK(scene.until([&] { return scene.carried_out == Words{"start binary", "stop logger"}; }));
}

TEST_CASE("inbox: a source, a certificate or a state that fails is tried again") {
    Scene scene;
    scene.source.failure = plugin_host::Failure{CMW_FAILED, "cannot reach the bucket", {}};
    scene.publish("command.jsonl", stop_binary);
    scene.begin();
    REQUIRE(scene.until([&] { return scene.source.instances > 2; }));
    CHECK(scene.inbox->status().error == "cannot reach the bucket");
    std::ofstream(scene.settings.orders.certificate) << "garbage";
    scene.source.failure.reset();
    REQUIRE(scene.until([&] {
        return scene.inbox->status().error.find("network.crt: cannot read the certificate") !=
               std::string::npos;
    }));
    CHECK(scene.carried_out.empty());
    std::ofstream(scene.settings.orders.certificate) << scene.network.pem();
    REQUIRE(scene.until([&] { return scene.carried_out == Words{"stop binary"}; }));
    CHECK(scene.until([&] { return scene.inbox->status().error.empty(); }));
}

TEST_CASE("inbox: killed at any moment, no command is lost, none comes after a later one") {
    for (unsigned seed = 0; seed < 40; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Scene scene;
        scene.slow = true;
        Words all; // Each names a digest of its own, so that they can be told apart.
        for (int set = 0; set < 4; ++set) {
            std::string commands;
            for (unsigned i = 0, count = random() % 4; i < count; ++i) {
                const auto hash = fmt::format("{:012}{:052}", all.size(), 0);
                commands += fmt::format(R"({}{{"command": "update", "target": "binary", )"
                                        R"("info": {{"path": "p", "hash": "{}"}}}})",
                                        commands.empty() ? "" : ", ", hash);
                all.push_back("update binary to " + hash.substr(0, 12));
            }
            scene.publish(fmt::format("{}.jsonl", set), commands);
        }
        scene.begin();
        for (int turn = 0; turn < 300; ++turn) {
            scene.loop->run_once(0ns);
            if (!scene.unanswered.empty() && random() % 3 != 0) {
                const auto done = std::move(scene.unanswered.front());
                scene.unanswered.pop_front();
                done({});
            }
            if (random() % 12 != 0) continue;
            scene.inbox.reset(); // What is under way is never told of its end.
            scene.unanswered.clear();
            scene.begin();
        }
        scene.slow = false;
        scene.begin();
        REQUIRE(scene.until([&] {
            const auto source = scene.database->order_source("management");
            return source->sets.size() == 4 && std::ranges::all_of(source->sets, [](auto& set) {
                       return set.outcome == "done";
                   });
        }));
        // A kill in the midst of a command makes it come again at once; nothing else does.
        const auto repeated = std::ranges::unique(scene.carried_out);
        scene.carried_out.erase(repeated.begin(), repeated.end());
        CHECK(scene.carried_out == all);
    }
}
