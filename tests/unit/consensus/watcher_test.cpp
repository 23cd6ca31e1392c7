// SPDX-License-Identifier: Apache-2.0
#include "consensus/watcher.hpp"

#include "support/loop_wait.hpp"

#include <deque>

using namespace cmw;
using namespace std::chrono_literals;
using consensus::Watcher;
using plugin_host::Failure;
using plugin_host::Verdict;
using Answer = tl::expected<Verdict, Failure>;

namespace {

/// Gives what the test has put in; asked for more, it waits as a source that can be notified.
class ScriptedSource final : public plugin_host::ConsensusSource {
  public:
    explicit ScriptedSource(base::EventLoop& loop) : loop_(loop) {}

    std::deque<Answer> answers;
    unsigned polls = 0;
    unsigned instances = 1;
    bool cancelled = false;

    void poll(std::function<void(Answer)> done) override {
        ++polls;
        waiting_ = std::move(done);
        give();
    }
    void give() {
        if (!waiting_ || answers.empty()) return;
        auto answer = std::move(answers.front());
        answers.pop_front();
        loop_.post([done = std::exchange(waiting_, nullptr), answer] { done(answer); });
    }
    void cancel() override { cancelled = true; }
    void reinitialise() override { ++instances; }
    plugin_host::InstanceStatus status() const override { return {}; }

  private:
    base::EventLoop& loop_;
    std::function<void(Answer)> waiting_;
};

Verdict at(std::uint64_t height) {
    Verdict verdict;
    verdict.run = true;
    verdict.height = height;
    return verdict;
}

Answer failure(cmw_status status, const std::string& text) {
    return tl::unexpected(Failure{status, text, {}});
}

struct Scene {
    std::unique_ptr<base::EventLoop> loop = std::move(*base::EventLoop::create());
    ScriptedSource source{*loop};
    unsigned changes = 0;
    Watcher::Options options{{1ms, 2ms, 2.0, 0.0}, 2ms};
    std::unique_ptr<Watcher> watcher;

    void begin() {
        watcher = std::make_unique<Watcher>(*loop, source, options, [this] { ++changes; });
    }
    bool until(const std::function<bool()>& reached) { return test::run_until(*loop, reached); }
};

} // namespace

TEST_CASE("each new answer is told, and the next one asked for") {
    Scene scene;
    scene.source.answers = {at(1), at(2)};
    scene.begin();
    REQUIRE(scene.until([&] { return scene.source.polls == 3; }));
    CHECK(scene.watcher->verdict()->height == 2);
    CHECK(scene.changes == 2);
    CHECK(scene.source.instances == 1);
}

TEST_CASE("after a failure the source is made anew, and the last answer stays") {
    Scene scene;
    scene.source.answers = {at(1), failure(CMW_AGAIN, "cannot reach it"),
                            failure(CMW_AGAIN, "cannot reach it")};
    scene.begin();
    REQUIRE(scene.until([&] { return scene.source.polls == 4; }));
    CHECK(scene.source.instances == 3);
    CHECK(scene.watcher->error() == "cannot reach it");
    CHECK(scene.watcher->verdict()->height == 1);
    CHECK(scene.changes == 2); // The same failure again is no news.
    scene.source.answers = {at(1)};
    scene.source.give();
    REQUIRE(scene.until([&] { return scene.watcher->error().empty(); }));
    CHECK(scene.changes == 3); // That it recovered is, though the answer is the same.
}

TEST_CASE("a deadline without news is neither news nor a failure") {
    Scene scene;
    scene.source.answers = {at(1), failure(CMW_CANCELLED, "nothing changed")};
    scene.begin();
    REQUIRE(scene.until([&] { return scene.source.polls == 3; }));
    CHECK(scene.source.instances == 1);
    CHECK(scene.watcher->error().empty());
    CHECK(scene.changes == 1);
}

TEST_CASE("a source that cannot be notified is paced") {
    Scene scene;
    scene.options.pace = 1h;
    scene.source.answers = {at(1), at(1), at(1)};
    scene.begin();
    REQUIRE(scene.until([&] { return scene.source.polls == 2; }));
    for (int i = 0; i < 5; ++i) scene.loop->run_once(1ms);
    CHECK(scene.source.polls == 2); // The same at once: asked again only after the pace.
}

TEST_CASE("the end cancels the poll, and a late answer finds nobody") {
    Scene scene;
    scene.begin();
    scene.watcher.reset();
    CHECK(scene.source.cancelled);
    scene.source.answers = {at(1)};
    scene.source.give();
    scene.loop->run_once(1ms);
    CHECK(scene.changes == 0);
}
