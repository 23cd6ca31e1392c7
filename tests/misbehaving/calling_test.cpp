// SPDX-License-Identifier: Apache-2.0
// Plugins that break the rules when they are used: each ends in a clear state, and a good instance
// beside them keeps answering.
#include "plugin_host/catalog.hpp"
#include "plugin_host/consensus_source.hpp"
#include "plugin_host/log_backend.hpp"
#include "support/loop_wait.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::plugin_host;
using namespace std::chrono_literals;
using State = InstanceStatus::State;

namespace {

/// One misbehaving plugin and a good one, on one loop.
class Host {
  public:
    Host() : catalog_({LIBRARIES}), loop_(*base::EventLoop::create()) {}

    base::EventLoop& loop() { return *loop_; }
    std::string gate() const { return folder_ / "gate"; }
    void open_gate() const { test::write_text(gate(), ""); }

    config::InstanceSettings settings(const std::string& kind, const std::string& plugin) const {
        config::InstanceSettings settings;
        settings.kind = kind;
        settings.name = "it-" + plugin;
        settings.plugin = plugin;
        settings.options = {{config::OptionType::string, gate(), false, {}}};
        return settings;
    }
    std::unique_ptr<Instance> instance(const std::string& plugin, base::Nanoseconds grace = 5s) {
        return std::make_unique<Instance>(*loop_, plugin_of("consensus-source", plugin),
                                          settings("consensus-source", plugin), context(), grace);
    }
    const Plugin& plugin_of(const std::string& kind, const std::string& name) {
        const auto found = catalog_.find(kind, name);
        REQUIRE(found);
        return **found;
    }
    HostContext context() const { return {"test/1", folder_.path().string(), {}}; }

    /// What a poll comes back with.
    tl::expected<Verdict, Failure> poll(ConsensusSource& source) {
        std::optional<tl::expected<Verdict, Failure>> answer;
        source.poll([&](auto result) { answer = std::move(result); });
        REQUIRE(test::run_until(*loop_, [&] { return answer.has_value(); }));
        return *answer;
    }
    /// Whether the good one, which is made anew each time, answers.
    bool others_work() {
        const auto good = instance("sample");
        const auto source = make_consensus_source(*good);
        const auto verdict = poll(*source);
        return verdict && verdict->run && verdict->height == 7;
    }

  private:
    test::TemporaryFolder folder_;
    Catalog catalog_;
    std::unique_ptr<base::EventLoop> loop_;
};

} // namespace

TEST_CASE("odd outcomes of a call become failures that can be shown") {
    struct Case {
        const char* plugin;
        cmw_status status;
        std::string text; ///< Its start.
    };
    const std::vector<Case> cases = {
        {"throws-in-create", CMW_FAILED,
         "cannot go on: the plugin threw an exception: no memory for [31mthis"},
        {"throws", CMW_FAILED, "cannot go on: the plugin threw an exception"},
        {"odd-status", CMW_FAILED, "cannot say"},
        {"odd-text", CMW_AGAIN, "first second [2J\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"no-answer", CMW_INVALID,
         "cannot use the source's answer: it does not say where this machine stands"},
    };
    Host host;
    for (const auto& c : cases) {
        CAPTURE(c.plugin);
        const auto bad = host.instance(c.plugin);
        const auto source = make_consensus_source(*bad);
        const auto answer = host.poll(*source);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().status == c.status);
        CHECK(answer.error().text.substr(0, c.text.size()) == c.text);
        CHECK(answer.error().text.size() <= 1000);
        CHECK(answer.error().retry_after == 0ns);
        CHECK(bad->status().state == State::failed);
        CHECK(bad->status().last_error == answer.error().text);
        CHECK(host.others_work());
    }
}

TEST_CASE("an exception out of destroy ends there") {
    Host host;
    auto bad = host.instance("throws-in-destroy");
    auto source = make_consensus_source(*bad);
    CHECK(host.poll(*source));
    bad->reinitialise();
    CHECK(host.poll(*source));
    CHECK(bad->status().reinitialisations == 1);
    source.reset();
    bad.reset();
    CHECK(host.others_work());
}

TEST_CASE("what hangs and ignores that it is cancelled is stuck, and answers again when it can") {
    Host host;
    for (const auto* plugin : {"hangs", "hangs-in-create"}) {
        CAPTURE(plugin);
        std::filesystem::remove(host.gate());
        const auto bad = host.instance(plugin, 10ms);
        const auto source = make_consensus_source(*bad);
        std::optional<tl::expected<Verdict, Failure>> answer;
        source->poll([&](auto result) { answer = std::move(result); });
        CHECK(host.others_work()); // Meanwhile.
        source->cancel();
        REQUIRE(test::run_until(host.loop(), [&] { return answer.has_value(); }));
        REQUIRE_FALSE(*answer);
        CHECK(answer->error().status == CMW_CANCELLED);
        CHECK(bad->status().state == State::stuck);
        CHECK(bad->status().reinitialisations == 1);
        CHECK(host.others_work());

        host.open_gate();
        const auto next = host.poll(*source);
        REQUIRE(next);
        CHECK(next->height == 7);
        CHECK(bad->status().state == State::ok);
    }
}

TEST_CASE("not more than a few sessions are given up, until one comes back") {
    Host host;
    const auto bad = host.instance("hangs", 1ms);
    const auto source = make_consensus_source(*bad);
    const auto waits = host.gate() + ".waits";
    for (unsigned i = 0; i < Instance::max_abandoned; ++i) {
        std::optional<tl::expected<Verdict, Failure>> answer;
        source->poll([&](auto result) { answer = std::move(result); });
        // One that is cancelled before it began comes back, and is not given up.
        REQUIRE(test::run_until(host.loop(), [&] { return std::filesystem::exists(waits); }));
        std::filesystem::remove(waits);
        source->cancel();
        REQUIRE(test::run_until(host.loop(), [&] { return answer.has_value(); }));
        CHECK(answer->error().status == CMW_CANCELLED);
    }
    CHECK(host.poll(*source).error().status == CMW_AGAIN);
    CHECK(bad->status().state == State::stuck);
    CHECK(host.others_work());

    host.open_gate();
    REQUIRE(test::run_until(host.loop(), [&] { return host.poll(*source).has_value(); }));
    CHECK(bad->status().state == State::ok);
}

TEST_CASE("an instance that hangs is let go of when it ends") {
    Host host;
    bool called = false;
    {
        const auto bad = host.instance("hangs", 10ms);
        const auto source = make_consensus_source(*bad);
        source->poll([&](const auto&) { called = true; });
    }
    CHECK(host.others_work());
    CHECK_FALSE(called);
    host.open_gate();
}

TEST_CASE("a log backend that reports more than it was given has delivered nothing") {
    Host host;
    const auto& plugin = host.plugin_of("log-backend", "over-reports");
    const auto factory = make_log_backend_factory(
        plugin, host.settings("log-backend", "over-reports"), host.context());
    const auto backend = factory();
    REQUIRE(backend);
    const auto& limits = (*backend)->limits();
    CHECK(limits.struct_size == sizeof(cmw_log_limits));
    CHECK(limits.records == 1);
    CHECK(limits.bytes == 27);
    CHECK(limits.record_bytes == 1);
    CHECK(limits.linger_ns == 0);
    CHECK(limits.in_flight == 32);

    const cmw_config none{sizeof(cmw_config), 0, nullptr};
    cmw_log_record record{1, 1, {"s", 1}, {"t", 1}, CMW_LEVEL_INFO, 0};
    const cmw_log_batch batch{sizeof(cmw_log_batch), sizeof record, 1, &record, &none, nullptr};
    const auto outcome = (*backend)->write(batch, Call(base::Monotonic::max()));
    CHECK(outcome.delivered == 0);
    CHECK(outcome.rejected == 0);
    REQUIRE(outcome.failure);
    CHECK(outcome.failure->status == CMW_INVALID);
    CHECK(outcome.failure->text ==
          "cannot rely on the plugin: it says that it delivered 2 of 1 records: cannot go on");
    record.level = CMW_LEVEL_TRACE; // That it takes, and says that it left out 2.
    const auto taken = (*backend)->write(batch, Call(base::Monotonic::max()));
    CHECK_FALSE(taken.failure);
    CHECK(taken.rejected == 1);
}
