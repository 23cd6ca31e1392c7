// SPDX-License-Identifier: Apache-2.0
#include "control/api.hpp"

#include "base/system.hpp"
#include "control/client.hpp"
#include "control/connection.hpp"
#include "support/temporary_folder.hpp"

#include <cerrno>
#include <fcntl.h>
#include <future>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <thread>

using namespace cmw;
using namespace cmw::control;
namespace sys = cmw::base::sys;

namespace {

/// Answers what the test wants; keeps what it was asked. On the loop's thread.
struct FakeHost : Requests {
    Status now;
    std::vector<std::string> asked;
    std::optional<base::Problem> problem;
    std::vector<Done> waiting;
    bool slow = false;

    Status status() override { return now; }
    void measured_status(std::function<void(const Status&)> done) override { done(now); }
    base::Result<std::vector<state::HistoryEntry>> history(const std::string& name,
                                                           std::size_t limit) override {
        asked.push_back(fmt::format("history '{}' {}", name, limit));
        return std::vector<state::HistoryEntry>{{1, {}, "host", "", "started", "", "", ""}};
    }
    void finish(const std::string& what, Done done) {
        asked.push_back(what);
        if (slow) return waiting.push_back(std::move(done));
        done(problem ? base::Result<>(tl::unexpected(*problem)) : base::Result<>());
    }
    void start(const std::string& s, const std::string& who, Done done) override {
        finish("start " + s + " " + who, std::move(done));
    }
    void stop(const std::string& s, const std::string&, Done done) override {
        finish("stop " + s, std::move(done));
    }
    void restart(const std::string& s, const std::string&, Done done) override {
        finish("restart " + s, std::move(done));
    }
    void order(const std::string& component, const reconcile::ComponentOrder& order,
               const std::string& who,
               const std::function<void(base::Result<std::string>)>& done) override {
        asked.push_back(fmt::format("{} {} '{}' '{}' {}", reconcile::name(order.what), component,
                                    order.digest, order.file, who));
        done(problem ? base::Result<std::string>(tl::unexpected(*problem)) : "it \"means\" this");
    }
    void decide(const std::string& source, bool approved, const std::string& who,
                Done done) override {
        finish(fmt::format("{} {} {}", approved ? "approve" : "decline", source, who),
               std::move(done));
    }
    void reload(const std::string&, Done done) override { finish("reload", std::move(done)); }
};

/// A loop in a thread of its own, with an API on it.
struct Running {
    test::TemporaryFolder folder;
    std::string path = folder / "control.sock";
    std::unique_ptr<base::EventLoop> loop = std::move(*base::EventLoop::create());
    FakeHost host;
    std::unique_ptr<Api> api;
    std::thread thread;

    explicit Running(std::vector<uid_t> allowed = {}) {
        auto opened = Api::open(*loop, path, std::move(allowed), host);
        REQUIRE_MESSAGE(opened, (opened ? "" : to_string(opened.error())));
        api = std::move(*opened);
        thread = std::thread([this] { loop->run(); });
    }
    ~Running() {
        on_loop([this] { api.reset(); });
        loop->stop();
        thread.join();
    }
    /// Runs `work` on the loop and waits for it.
    void on_loop(const std::function<void()>& work) {
        const auto done = std::make_shared<std::promise<void>>();
        loop->post([&work, done] {
            work();
            done->set_value();
        });
        done->get_future().wait();
    }
    Client client() const { return Client(path); }
};

base::UniqueFd connect(const std::string& path) {
    auto socket = std::move(*sys::unix_socket());
    REQUIRE(sys::connect_unix(socket.get(), path));
    return socket;
}

void put(const base::UniqueFd& socket, const std::string& text) {
    REQUIRE(sys::send(socket.get(), std::as_bytes(std::span(text))) == text.size());
}

/// What comes until the peer closes, within a generous limit.
std::string rest_of(const base::UniqueFd& socket) {
    std::string text;
    std::array<std::byte, 4096> buffer;
    pollfd waiting{socket.get(), POLLIN, 0};
    while (::poll(&waiting, 1, 20'000) == 1) {
        const auto got = sys::read(socket.get(), buffer);
        if (!got || *got == 0) return text;
        text.append(reinterpret_cast<const char*>(buffer.data()), *got);
    }
    return text + "(not closed)";
}

/// How history calls whoever runs this test.
std::string us() {
    const auto* found = ::getpwuid(::geteuid());
    return found == nullptr ? fmt::format("operator (uid {})", ::geteuid())
                            : fmt::format("operator {} (uid {})", found->pw_name, ::geteuid());
}

std::string ask(const std::string& path, const std::string& request) {
    const auto socket = connect(path);
    put(socket, request);
    return rest_of(socket);
}

} // namespace

TEST_SUITE("control api") {

    TEST_CASE("status, history and orders reach the host and come back") {
        Running running;
        running.host.now.version = "9.9";
        const auto client = running.client();
        const auto status = client.get("/v1/status");
        REQUIRE(status);
        CHECK(*status == to_json(running.host.now) + "\n");
        CHECK(client.get("/v1/history?name=server&limit=7")->find("started") != std::string::npos);
        CHECK(client.get("/v1/history?limit=99999999"));
        CHECK(client.post("/v1/services/cmix/start"));
        CHECK(client.post("/v1/services/a%20b/stop"));
        CHECK(client.post("/v1/services/cmix/restart"));
        CHECK(client.post("/v1/reload"));
        running.on_loop([&] {
            CHECK(running.host.asked == std::vector<std::string>{"history 'server' 7",
                                                                 "history '' 10000",
                                                                 "start cmix " + us(), "stop a b",
                                                                 "restart cmix", "reload"});
        });
    }

    TEST_CASE("orders for components reach the host with all that was said") {
        Running running;
        running.on_loop([&] { running.host.now.components["server"] = {}; });
        const auto client = running.client();
        CHECK(client.post("/v1/components/server/pin?digest=ab") ==
              "{\"done\": true, \"text\": \"it \\\"means\\\" this\"}\n");
        CHECK(client.post("/v1/components/server/pin?file=/a%20b%26c"));
        for (const auto* verb : {"unpin", "hold", "release", "approve", "rollback"})
            CHECK(client.post(std::string("/v1/components/server/") + verb));
        CHECK(client.post("/v1/components/server/rollback?to=cd"));
        running.on_loop([&] {
            std::vector<std::string> asked;
            for (const auto* order :
                 {"pin server 'ab' '' ", "pin server '' '/a b&c' ", "unpin server '' '' ",
                  "hold server '' '' ", "release server '' '' ", "approve server '' '' ",
                  "rollback server '' '' ", "rollback server 'cd' '' "})
                asked.push_back(order + us());
            CHECK(running.host.asked == asked);
            running.host.asked.clear();
        });
        const auto code = [&](const std::string& what) {
            return ask(running.path, "POST /v1/components/" + what +
                                         " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                .substr(9, 3);
        };
        for (const auto* half :
             {"server/pin", "server/pin?digest=a&file=/b", "server/pin?file=relative",
              "server/hold?digest=a", "server/rollback?digest=a", "server/pin?digset=a"})
            CHECK_MESSAGE(code(half) == "400", half);
        CHECK(code("server/dance") == "404");
        CHECK(code("server") == "404");
        running.on_loop([&] {
            CHECK(running.host.asked.empty());
            running.host.problem = base::Problem{"component.server", "cannot", ""};
        });
        CHECK(code("server/hold") == "409");
        CHECK(code("servre/hold") == "404");
    }

    TEST_CASE("what the host says went wrong arrives as a problem") {
        Running running;
        running.on_loop([&] {
            running.host.problem = base::Problem{"cmix", "cannot start", "look at its log"};
            running.host.now.services["cmix"] = {};
        });
        const auto failed = running.client().post("/v1/services/cmix/start");
        REQUIRE(!failed);
        CHECK(failed.error().problem == base::Problem{"cmix", "cannot start", "look at its log"});
        CHECK_FALSE(failed.error().no_host);
        const auto code = [&](const std::string& request) {
            return ask(running.path, request + " HTTP/1.1\r\nHost: x\r\n\r\n").substr(9, 3);
        };
        CHECK(code("POST /v1/services/cmix/start") == "409");
        CHECK(code("POST /v1/services/other/start") == "404");
        CHECK(code("POST /v1/services/cmix/explode") == "404");
        CHECK(code("POST /v1/status") == "404");
        CHECK(code("GET /v1/nothing") == "404");
        CHECK(code("GET /v1/history?limit=-1") == "400");
        CHECK(code("DELETE /v1/status") == "405");
        CHECK(code("GET /v1/status") == "200");
    }

    TEST_CASE("what is not a request is refused and does no harm") {
        Running running;
        const std::vector<std::string> table{
            "\r\n\r\n",
            "GET\r\n\r\n",
            "GET /v1/status\r\n\r\n",
            "GET /v1/status HTTP/2.0\r\n\r\n",
            "GET /%zz HTTP/1.1\r\n\r\n",
            std::string("\0\0\0\r\n\r\n", 7),
            "GET /v1/status HTTP/1.1\r\nX: " + std::string(Connection::max_head, 'a') + "\r\n\r\n"};
        for (const auto& request : table) {
            CAPTURE(request.substr(0, 40));
            CHECK(ask(running.path, request).substr(0, 12) == "HTTP/1.1 400");
        }
        { const auto gone = connect(running.path); } // Says nothing.
        CHECK(running.client().get("/v1/status"));
    }

    TEST_CASE("a request may come in pieces, with a body that nobody reads, and half-closed") {
        Running running;
        const auto socket = connect(running.path);
        put(socket, "GET /v1/sta");
        put(socket, "tus HTTP/1.0\r\nContent-Length: 5\r\n");
        put(socket, "\r\nhello");
        ::shutdown(socket.get(), SHUT_WR);
        const auto answer = rest_of(socket);
        CHECK(answer.starts_with("HTTP/1.1 200"));
        CHECK(answer.ends_with("}\n"));
    }

    TEST_CASE("a large answer is sent as the peer takes it") {
        Running running;
        running.on_loop([&] {
            for (int i = 0; i < 20'000; ++i)
                running.host.now.components[fmt::format("component-{}", i)].state = "current";
        });
        const auto status = running.client().get("/v1/status");
        REQUIRE(status);
        CHECK(*status == to_json(running.host.now) + "\n");
        CHECK(status->size() > 2'000'000);
    }

    TEST_CASE("who watches is told now and at each change, and only then") {
        Running running;
        std::vector<std::string> lines;
        int changes = 0;
        const auto ended =
            running.client().stream("/v1/status?watch=1", [&](const std::string& line) {
                lines.push_back(line);
                // A change that is none first: it must not make a line.
                running.on_loop([&] {
                    running.host.now.uptime_s += 1;
                    running.api->status_changed();
                });
                running.on_loop([&] {
                    running.host.now.version = std::to_string(++changes);
                    running.api->status_changed();
                });
                return lines.size() < 3;
            });
        CHECK(ended);
        REQUIRE(lines.size() == 3);
        CHECK(lines[0].find(R"("version": "")") != std::string::npos);
        CHECK(lines[1].find(R"("version": "1")") != std::string::npos);
        CHECK(lines[2].find(R"("version": "2")") != std::string::npos);
    }

    TEST_CASE("a connection that waits ends with the API") {
        std::future<tl::expected<std::string, ClientFailure>> order;
        std::future<tl::expected<void, ClientFailure>> watch;
        {
            Running running;
            running.on_loop([&] { running.host.slow = true; });
            order = std::async(std::launch::async, [client = running.client()] {
                return client.post("/v1/services/cmix/stop");
            });
            std::promise<void> first;
            watch = std::async(std::launch::async, [client = running.client(), &first] {
                return client.stream("/v1/status?watch=1", [&](const std::string&) {
                    first.set_value();
                    return true;
                });
            });
            first.get_future().wait();
            bool asked = false;
            while (!asked) running.on_loop([&] { asked = !running.host.waiting.empty(); });
            running.on_loop([&] { running.api.reset(); });
            // The host finishes later: nobody is there to be told.
            running.on_loop([&] { running.host.waiting[0]({}); });
        }
        CHECK_FALSE(order.get());
        watch.get();
    }

    TEST_CASE("a client that leaves while it waits is forgotten") {
        Running running;
        running.on_loop([&] { running.host.slow = true; });
        {
            const auto socket = connect(running.path);
            put(socket, "POST /v1/reload HTTP/1.1\r\n\r\n");
            bool asked = false;
            while (!asked) running.on_loop([&] { asked = !running.host.waiting.empty(); });
        }
        CHECK(running.client().get("/v1/status"));
        running.on_loop([&] { running.host.waiting[0]({}); });
    }

    TEST_CASE("too many connections are told so, and later ones are served again") {
        Running running;
        {
            std::vector<base::UniqueFd> idle;
            for (unsigned i = 0; i < Api::max_connections; ++i)
                idle.push_back(connect(running.path));
            CHECK(ask(running.path, "GET /v1/status HTTP/1.1\r\n\r\n").substr(9, 3) == "503");
        }
        CHECK(running.client().get("/v1/status"));
    }

    TEST_CASE("the socket is for its owner and group, a dead one is replaced, a live one is not") {
        auto running = std::make_unique<Running>();
        CHECK((sys::stat(running->path)->st_mode & 07777) == 0660);
        auto second = Api::open(*running->loop, running->path, {}, running->host);
        REQUIRE(!second);
        CHECK(second.error().what.find("another host") != std::string::npos);
        CHECK(running->client().get("/v1/status"));

        test::TemporaryFolder folder;
        const auto path = folder / "control.sock";
        {
            const auto dead = std::move(*sys::unix_socket());
            REQUIRE(sys::bind_unix(dead.get(), path, 0600));
        }
        CHECK(Client(path).get("/v1/status").error().no_host);
        const auto loop = std::move(*base::EventLoop::create());
        {
            const auto replaced = Api::open(*loop, path, {}, running->host);
            CHECK(replaced);
            CHECK(sys::list(folder.path())->size() == 1);
        }
        CHECK_FALSE(sys::lstat(path));
        CHECK(Client(path).get("/v1/status").error().no_host);

        test::write_text(path, "precious");
        CHECK_FALSE(Api::open(*loop, path, {}, running->host));
        CHECK(test::read_text(path) == "precious");
        const auto long_path = folder / std::string(120, 'x');
        CHECK(Api::open(*loop, long_path, {}, running->host).error().fix.find("shorter") !=
              std::string::npos);
    }

    TEST_CASE("the socket of a successor is not removed") {
        test::TemporaryFolder folder;
        const auto path = folder / "control.sock";
        const auto loop = std::move(*base::EventLoop::create());
        FakeHost host;
        auto first = Api::open(*loop, path, {}, host);
        REQUIRE(sys::unlink(path));
        auto second = Api::open(*loop, path, {}, host);
        REQUIRE(second);
        first->reset();
        CHECK(sys::lstat(path));
    }

    TEST_CASE("each call of the kernel may fail while the socket is made") {
        test::TemporaryFolder folder;
        const auto path = folder / "control.sock";
        const auto loop = std::move(*base::EventLoop::create());
        FakeHost host;
        int calls = 0;
        for (int failing = 1;; ++failing) {
            calls = 0;
            sys::set_fault_plan([&](sys::Call call, std::string_view) {
                const bool cleanup = call == sys::Call::unlink;
                return !cleanup && ++calls == failing ? EIO : 0;
            });
            const auto opened = Api::open(*loop, path, {}, host);
            sys::set_fault_plan({});
            if (calls < failing) {
                CHECK(opened);
                break;
            }
            CHECK_FALSE(opened);
            CHECK(sys::list(folder.path())->empty());
        }
        CHECK(calls >= 6);
    }

} // TEST_SUITE
