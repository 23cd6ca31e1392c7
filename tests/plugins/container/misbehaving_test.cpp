// SPDX-License-Identifier: Apache-2.0
//
// The runner with an engine that does not do its job.
#include "runner_fixture.hpp"

#include <atomic>
#include <sys/stat.h>

using namespace cmw::test;
using namespace std::chrono_literals;
using Connection = HttpServer::Connection;
using Request = HttpServer::Request;

namespace {

/// Answers whatever is asked for with `how`, if its target holds `part`.
FakeEngine::Fault at(std::string part, std::function<void(Connection&)> how) {
    return [part = std::move(part), how = std::move(how)](
               const Request& request, const std::string& target, Connection& connection) {
        if ((request.method + " " + target).find(part) == std::string::npos) return false;
        how(connection);
        return true;
    };
}

void hang_up(Connection&) {}

void hang(Connection& connection) {
    connection.stall();
}

void stop_in_the_middle(Connection& connection) {
    connection.send(http_head("200 OK", {"Content-Length: 1000"}) + "{\"Id\":\"");
}

std::function<void(Connection&)> say(const std::string& status, const std::string& body) {
    return [=](Connection& connection) { connection.send(json_answer(status, body)); };
}

std::function<void(Connection&)> say_without_end(const std::string& head,
                                                 const std::string& piece) {
    return [=](Connection& connection) {
        connection.send(head);
        while (connection.wait(0ms)) connection.send(piece);
    };
}

} // namespace

TEST_CASE("an engine that misbehaves fails a start in words, and leaves no program unseen") {
    struct Case {
        const char* part;
        std::function<void(Connection&)> how;
        cmw_status status;
    };
    const auto refused = R"({"message":"driver\nfailed"})";
    const Case cases[] = {
        {"/version", hang_up, CMW_AGAIN},
        {"/version", say("200 OK", "{}"), CMW_UNSUPPORTED},
        {"/version", say("200 OK", "<html>"), CMW_INVALID},
        {"/version", say("500 Internal Server Error", refused), CMW_AGAIN},
        {"GET /containers/test-node/json", hang_up, CMW_AGAIN},
        {"GET /containers/test-node/json", stop_in_the_middle, CMW_INVALID},
        {"GET /containers/test-node/json", say("200 OK", "[1]"), CMW_INVALID},
        {"GET /containers/test-node/json", say("500 Oh", refused), CMW_AGAIN},
        {"GET /containers/test-node/json",
         say_without_end(http_head("200 OK"), std::string(65536, ' ')), CMW_INVALID},
        {"GET /images/", say("500 Oh", refused), CMW_FAILED},
        {"/create?name", hang_up, CMW_AGAIN},
        {"/create?name", say("409 Conflict", refused), CMW_AGAIN},
        {"/create?name", say("500 Oh", R"({"message":"name is already in use"})"), CMW_AGAIN},
        {"/create?name", say("400 Bad Request", refused), CMW_CONFIG},
        {"/create?name", say("404 Not Found", refused), CMW_FAILED},
        {"/create?name", say("201 Created", "{}"), CMW_INVALID},
        {"/create?name", say("201 Created", R"({"Id":7})"), CMW_INVALID},
        {"/start", say("500 Oh", refused), CMW_FAILED},
        {"/start", say("400 Bad Request", refused), CMW_FAILED},
        {"/start", hang_up, CMW_INVALID}, // It may run: the host looks.
        {"GET /containers/id1/json", hang_up, CMW_INVALID},
        {"GET /containers/id1/json", say("200 OK", "{}"), CMW_INVALID},
    };
    for (const auto& [part, how, status] : cases) {
        RunnerFixture fixture;
        fixture.engine.fault(at(part, how));
        const auto got = fixture.start_status();
        INFO(part);
        INFO(fixture.last_error);
        CHECK(got == status);
        CHECK(fixture.last_error.starts_with("cannot "));
        CHECK(fixture.last_error.find('\n') == std::string::npos);
        CHECK(fixture.last_error.size() < 700);
        // Well again, it is found or not, and never twice.
        fixture.engine.fault({});
        const auto looked = fixture.adopt_status();
        CHECK((looked == CMW_OK || looked == CMW_NOT_FOUND));
        if (looked == CMW_NOT_FOUND) CHECK(fixture.engine.count() == 0);
        CHECK(fixture.engine.count() <= 1);
    }
}

TEST_CASE("an engine that hangs is left at the deadline") {
    for (const char* part : {"/version", "/json", "GET /images/", "/create?name", "/start"}) {
        RunnerFixture fixture;
        fixture.engine.fault(at(part, hang));
        const cmw::testing::TestCall call(50ms);
        INFO(part);
        CHECK(fixture.start_status(call.handle()) == CMW_CANCELLED);
        fixture.engine.fault({});
        CHECK(fixture.start_status() == CMW_OK);
        CHECK(fixture.engine.count() == 1);
    }
}

TEST_CASE("a program that cannot be executed leaves no container") {
    RunnerFixture fixture;
    fixture.engine.fault(at("/start", say("400 Bad Request", R"({"message":"no such file"})")));
    CHECK(fixture.start_status() == CMW_FAILED);
    CHECK(fixture.last_error.find("no such file") != std::string::npos);
    CHECK(fixture.engine.count() == 0);
}

TEST_CASE("an image that cannot be fetched says why") {
    RunnerFixture fixture;
    for (auto& [name, there] : fixture.engine.images) there = false;
    fixture.engine.fault(at("/images/create", say("200 OK", "{\"error\":\"no space left\"}\r\n")));
    CHECK(fixture.start_status() == CMW_AGAIN);
    CHECK(fixture.last_error.find("no space left") != std::string::npos);
    fixture.engine.fault(at("/images/create", say("500 Oh", R"({"message":"denied"})")));
    CHECK(fixture.start_status() == CMW_AGAIN);
    CHECK(fixture.last_error.find("denied") != std::string::npos);
}

TEST_CASE("a wait that ends early is no exit") {
    RunnerFixture fixture;
    std::atomic<int> waits = 0;
    fixture.engine.fault(at("/wait", [&](Connection& connection) {
        ++waits;
        connection.send(json_answer("200 OK", R"({"StatusCode":0})"));
    }));
    const auto process = fixture.start();
    CHECK(eventually([&] { return waits >= 3; }));
    CHECK_FALSE(fixture.runner.outcome(process.id));
    fixture.engine.fault({});
    fixture.engine.end("test-node", 5);
    CHECK(fixture.wait(process).code == 5);
}

TEST_CASE("an engine that goes away and comes back is no exit") {
    RunnerFixture fixture;
    const auto process = fixture.start();
    fixture.engine.write("test-node", "one");
    CHECK(eventually([&] { return read_text(fixture.output) == "one\n"; }));
    fixture.engine.stop();
    CHECK(eventually([&] { return fixture.host_said("cannot watch the container"); }));
    CHECK_FALSE(fixture.runner.outcome(process.id));
    fixture.engine.start();
    fixture.engine.write("test-node", "two");
    CHECK(eventually([&] { return read_text(fixture.output) == "one\ntwo\n"; }));
    fixture.engine.end("test-node", 9);
    CHECK(fixture.wait(process).code == 9);
}

TEST_CASE("a container that somebody removes has ended, nobody knows how") {
    RunnerFixture fixture;
    const auto process = fixture.start();
    fixture.engine.fault(at("/containers/id1", say("404 Not Found", "{}")));
    fixture.engine.end("test-node", 0); // Lets the wait go.
    CHECK(fixture.wait(process).code == CMW_EXIT_UNKNOWN);
}

TEST_CASE("a log that breaks at any place is gone on with") {
    RunnerFixture fixture;
    std::atomic<int> logs = 0;
    fixture.engine.write("none", "");
    const auto process = fixture.start();
    for (int i = 0; i < 5; ++i) fixture.engine.write("test-node", "line " + std::to_string(i));
    const auto whole = fixture.engine.find("test-node")->log;
    fixture.runner.release(process.id);
    std::filesystem::remove(fixture.output);
    std::filesystem::remove(fixture.folder / "node.container");
    // Each answer brings some bytes more, and ends.
    fixture.engine.fault(at("/logs", [&](Connection& connection) {
        const auto size = static_cast<std::size_t>(++logs) * 37;
        connection.send(http_head("200 OK") + whole.substr(0, size));
    }));
    const auto adopted = fixture.adopt();
    const std::string wanted = "line 0\nline 1\nline 2\nline 3\nline 4\n";
    CHECK(eventually([&] { return read_text(fixture.output).size() >= wanted.size(); }));
    fixture.engine.end("test-node", 0);
    fixture.wait(adopted);
    CHECK(read_text(fixture.output) == wanted);
}

TEST_CASE("a log that cannot be had costs the output, not the program") {
    const std::string not_frames = http_head("200 OK") + "plain text\n";
    const auto plain = [&](Connection& connection) { connection.send(not_frames); };
    for (const auto& how : {say("501 Not Implemented", R"({"message":"driver none"})"),
                            std::function<void(Connection&)>(plain)}) {
        RunnerFixture fixture;
        fixture.engine.fault(at("/logs", how));
        const auto process = fixture.start();
        CHECK(eventually([&] { return fixture.host_said("cannot follow the output"); }));
        fixture.engine.end("test-node", 4);
        CHECK(fixture.wait(process).code == 4);
        CHECK(fixture.host_said("cannot copy all of the output"));
    }
}

TEST_CASE(
    "a container that cannot be removed does not hold up its exit, and the next start goes on") {
    RunnerFixture fixture;
    fixture.engine.fault(at("DELETE", say("500 Oh", R"({"message":"device busy"})")));
    const auto process = fixture.start();
    fixture.engine.end("test-node", 2);
    CHECK(fixture.wait(process).code == 2);
    CHECK(fixture.host_said("device busy"));
    CHECK(fixture.start_status() == CMW_AGAIN);
    fixture.engine.fault({});
    CHECK(fixture.start_status() == CMW_OK);
    CHECK(fixture.engine.count() == 1);
}

TEST_CASE("a socket that we may not use is told with what to do") {
    if (::geteuid() == 0) return; // Root may all.
    RunnerFixture fixture;
    ::chmod((fixture.folder / "engine.sock").c_str(), 0);
    CHECK(fixture.adopt_status() == CMW_DENIED);
    CHECK(fixture.last_error.find("group") != std::string::npos);
}

TEST_CASE("a runner is left at once, whatever its engine does") {
    for (const char* part : {"/wait", "/logs", "/json"}) {
        RunnerFixture fixture;
        const auto process = fixture.start();
        fixture.engine.fault(at(part, hang));
        fixture.engine.end("test-node", 1);
        fixture.runner.release(process.id);
    }
}
