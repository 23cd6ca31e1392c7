// SPDX-License-Identifier: Apache-2.0
//
// The runner with an engine that does its job. With a real one: tests/real/container-runner.
#include "runner_fixture.hpp"

using namespace cmw::test;
using cmw::container::Runner;

TEST_CASE("a program is started, and its end is told with its output") {
    RunnerFixture fixture;
    const auto process = fixture.start();
    CHECK(process.pid == 4711);
    CHECK_FALSE(fixture.runner.outcome(process.id));
    CHECK(fixture.engine.find("test-node")->last_request.find("demo@sha256") != std::string::npos);
    for (int i = 0; i < 20; ++i) fixture.engine.write("test-node", "line " + std::to_string(i));
    CHECK(eventually([&] { return read_text(fixture.output).ends_with("line 19\n"); }));
    fixture.engine.write("test-node", "last words");
    fixture.engine.end("test-node", 3);
    const auto exit = fixture.wait(process);
    CHECK(exit.code == 3);
    CHECK(exit.signal == 0);
    CHECK(read_text(fixture.output).ends_with("line 19\nlast words\n"));
    CHECK(fixture.engine.count() == 0);
    fixture.runner.release(process.id);
    CHECK_THROWS_AS(fixture.runner.outcome(process.id), cmw::Error);
}

TEST_CASE("gently is SIGTERM, now is SIGKILL") {
    for (const auto how : {CMW_STOP_GENTLY, CMW_STOP_NOW}) {
        RunnerFixture fixture;
        const auto process = fixture.start();
        fixture.runner.stop(fixture.call.handle(), process.id, static_cast<std::uint32_t>(how));
        CHECK(fixture.wait(process).signal == (how == CMW_STOP_GENTLY ? SIGTERM : SIGKILL));
        fixture.runner.stop(fixture.call.handle(), process.id, CMW_STOP_NOW); // Of no effect.
    }
}

TEST_CASE("one that is out of memory was killed, and the log says why") {
    RunnerFixture fixture;
    const auto process = fixture.start();
    fixture.engine.end("test-node", 1, true);
    CHECK(fixture.wait(process).signal == SIGKILL);
    CHECK(fixture.host_said("out of memory"));
}

TEST_CASE("a host that comes later takes the container back, and its output goes on") {
    RunnerFixture fixture;
    const auto before = fixture.start();
    fixture.engine.write("test-node", "one");
    CHECK(eventually([&] { return read_text(fixture.output) == "one\n"; }));
    fixture.runner.release(before.id); // The container runs on.
    fixture.engine.write("test-node", "two");
    Runner later(fixture.settings(), fixture.host.handle());
    auto process = RunnerFixture::none;
    later.adopt(fixture.call.handle(), "node", process);
    CHECK(process.pid == 4711);
    CHECK(eventually([&] { return read_text(fixture.output) == "one\ntwo\n"; }));
    fixture.engine.end("test-node", 0);
    CHECK(wait_for(later, process).code == 0);
}

TEST_CASE("one that ended while no host was there is told with its exit and its output") {
    RunnerFixture fixture;
    const auto before = fixture.start();
    fixture.runner.release(before.id);
    fixture.engine.write("test-node", "unseen");
    fixture.engine.end("test-node", 7);
    const auto process = fixture.adopt();
    CHECK(fixture.wait(process).code == 7);
    CHECK(read_text(fixture.output) == "unseen\n");
    CHECK(fixture.engine.count() == 0);
}

TEST_CASE("a host that was killed between making and starting leaves nothing twice") {
    RunnerFixture fixture;
    fixture.engine.add({"id9", "test-node", fixture.own_labels()});
    SUBCASE("the next one looks first") {
        CHECK(fixture.adopt_status() == CMW_NOT_FOUND);
    }
    SUBCASE("or starts") {
        fixture.start();
        CHECK(fixture.engine.count() == 1);
        return;
    }
    CHECK(fixture.engine.count() == 0);
}

TEST_CASE("one that runs already is not started again") {
    RunnerFixture fixture;
    const auto process = fixture.start();
    fixture.runner.release(process.id);
    CHECK(fixture.start_status() == CMW_INVALID); // The host looks then.
    CHECK(fixture.engine.count() == 1);
}

TEST_CASE("what was left ended is removed for the next start") {
    RunnerFixture fixture;
    fixture.engine.add({"id9", "test-node", fixture.own_labels(), "exited"});
    const auto process = fixture.start();
    CHECK(process.pid == 4711);
    CHECK_FALSE(fixture.engine.find("id9"));
}

TEST_CASE("a container of another is neither adopted nor removed") {
    for (const std::string labels : {"{}", R"({"cmix-wrapper.owner":"/another"})"})
        for (const std::string status : {"created", "running", "exited"}) {
            RunnerFixture fixture;
            fixture.engine.add({"id9", "test-node", labels, status});
            INFO(labels);
            INFO(status);
            CHECK(fixture.adopt_status() == CMW_CONFIG);
            CHECK(fixture.start_status() == CMW_CONFIG);
            CHECK(fixture.last_error.find("prefix") != std::string::npos);
            CHECK(fixture.engine.find("id9")->status == status);
        }
}

TEST_CASE("an image that is missing is fetched, if it may be") {
    RunnerFixture fixture;
    for (auto& [name, there] : fixture.engine.images) there = false;
    fixture.never_pull();
    CHECK(fixture.start_status() == CMW_NOT_FOUND);
    CHECK(fixture.last_error.find("pull") != std::string::npos);
    fixture.pull_missing();
    CHECK(fixture.start().pid == 4711);
    CHECK(fixture.asked("POST /v1.41/images/create?fromImage=demo&tag=sha256:"));
}

TEST_CASE("a newer engine is spoken to as it wants, an older one is refused") {
    RunnerFixture fixture;
    fixture.engine.version("1.52", "1.44");
    CHECK(fixture.adopt_status() == CMW_NOT_FOUND);
    CHECK(fixture.asked("GET /v1.44/containers/test-node/json"));
    fixture.engine.version("1.39", "1.12");
    CHECK(fixture.adopt_status() == CMW_UNSUPPORTED);
}

TEST_CASE("without an engine the error says where it was looked for") {
    RunnerFixture fixture;
    fixture.engine.stop();
    CHECK(fixture.adopt_status() == CMW_AGAIN);
    CHECK(fixture.last_error.find(fixture.settings().socket.string()) != std::string::npos);
    CHECK(fixture.last_error.find("is the engine running") != std::string::npos);
}
