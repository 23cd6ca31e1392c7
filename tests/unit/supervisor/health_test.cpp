// SPDX-License-Identifier: Apache-2.0
#include "supervisor/health.hpp"

#include "base/system.hpp"
#include "support/temporary_folder.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>

using namespace cmw;
using namespace cmw::supervisor;
using namespace std::chrono_literals;

namespace {

/// Listens on loopback; answers the first request with `answer`, or never for "".
class SmallServer {
  public:
    explicit SmallServer(std::string answer = {}) {
        socket_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(socket_.get(), generic, size) == 0);
        REQUIRE(::listen(socket_.get(), 8) == 0);
        REQUIRE(::getsockname(socket_.get(), generic, &size) == 0);
        port_ = ntohs(address.sin_port);
        if (answer.empty()) return;
        thread_ = std::jthread([this, answer = std::move(answer)] {
            const base::UniqueFd peer(::accept(socket_.get(), nullptr, nullptr));
            std::array<char, 512> request{};
            const auto got = ::recv(peer.get(), request.data(), request.size(), 0);
            request_.assign(request.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
            for (const char byte : answer) // As slow as it gets.
                if (::send(peer.get(), &byte, 1, MSG_NOSIGNAL) != 1) return;
        });
    }
    std::string port() const { return std::to_string(port_); }
    std::string request() {
        thread_.join();
        return request_;
    }

  private:
    base::UniqueFd socket_;
    unsigned port_ = 0;
    std::string request_;
    std::jthread thread_;
};

config::HealthSettings settings_of(base::Nanoseconds timeout = 20s) {
    config::HealthSettings settings;
    settings.every = 1ms;
    settings.timeout = timeout;
    settings.failures = 3;
    return settings;
}

config::HealthSettings script(const test::TemporaryFolder& folder, const std::string& text,
                              base::Nanoseconds timeout = 20s) {
    auto settings = settings_of(timeout);
    test::write_text(folder / "check", "#!/bin/sh\n" + text + "\n");
    ::chmod((folder / "check").c_str(), 0755);
    settings.exec = {folder / "check", "first argument"};
    return settings;
}

} // namespace

TEST_SUITE_BEGIN("supervisor");

TEST_CASE("health: the exit status of a program decides") {
    const test::TemporaryFolder folder;
    const cmw::base::Cancel cancel;
    CHECK(check_health(script(folder, "test \"$1\" = 'first argument'"), cancel).has_value());
    const auto failed = check_health(script(folder, "exit 3"), cancel);
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().what == "cannot be healthy: exit status 3");
    const auto killed = check_health(script(folder, "kill -KILL $$"), cancel);
    REQUIRE_FALSE(killed.has_value());
    CHECK(killed.error().what == "cannot be healthy: killed by signal 9");
    auto missing = settings_of();
    missing.exec = {folder / "missing"};
    CHECK_FALSE(check_health(missing, cancel).has_value());
}

TEST_CASE("health: a program that runs into the timeout is killed with its children") {
    const test::TemporaryFolder folder;
    const cmw::base::Cancel cancel;
    // The child holds the writing end of the pipe: its end is the end of the pipe.
    const auto pipe = folder / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const base::UniqueFd reading(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    const auto result =
        check_health(script(folder, "sleep 1000 > '" + pipe + "' & wait", 300ms), cancel);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().what == "cannot get an answer within 300ms");
    char byte = 0;
    const auto end = base::monotonic_now() + 20s;
    while (::read(reading.get(), &byte, 1) != 0 && base::monotonic_now() < end)
        std::this_thread::sleep_for(1ms);
    CHECK(::read(reading.get(), &byte, 1) == 0);
}

TEST_CASE("health: a port that accepts is healthy, one that is closed is not") {
    const cmw::base::Cancel cancel;
    auto settings = settings_of();
    {
        const SmallServer server;
        settings.tcp = "127.0.0.1:" + server.port();
        CHECK(check_health(settings, cancel).has_value());
    }
    CHECK_FALSE(check_health(settings, cancel).has_value());
    settings.tcp = "no-port";
    CHECK_FALSE(check_health(settings, cancel).has_value());
}

TEST_CASE("health: the status of an HTTP answer decides") {
    const cmw::base::Cancel cancel;
    const std::vector<std::pair<std::string, bool>> table{
        {"HTTP/1.1 200 OK\r\n\r\n", true},
        {"HTTP/1.0 204 No Content\r\n\r\n", true},
        {"HTTP/1.1 503 Busy\r\n\r\n", false},
        {"HTTP/1.1 302 Found\r\n\r\n", false},
        {"SSH-2.0-OpenSSH_9.2 200\r\n", false},
        {"HTTP/1.1 2x0 OK\r\n\r\n", false},
        {"HTTP/1.1", false},
    };
    for (const auto& [answer, healthy] : table) {
        CAPTURE(answer);
        SmallServer server(answer);
        auto settings = settings_of();
        settings.http = "http://127.0.0.1:" + server.port() + "/health?full=1";
        CHECK(check_health(settings, cancel).has_value() == healthy);
        CHECK(server.request().starts_with("GET /health?full=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
    }
}

TEST_CASE("health: a server that never answers runs into the timeout") {
    const cmw::base::Cancel cancel;
    const SmallServer server;
    auto settings = settings_of(50ms);
    settings.http = "http://127.0.0.1:" + server.port();
    const auto result = check_health(settings, cancel);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().what == "cannot get an answer within 50ms");
}

TEST_CASE("health: a URL that cannot be checked is said to be") {
    const cmw::base::Cancel cancel;
    auto settings = settings_of();
    for (const auto* url : {"https://localhost/", "http://[bad", "ftp://x"}) {
        settings.http = url;
        CHECK_FALSE(check_health(settings, cancel).has_value());
    }
}

TEST_CASE("health: a monitor tells of failures in a row, and of recovery") {
    const auto loop = std::move(*base::EventLoop::create());
    const test::TemporaryFolder folder;
    std::vector<std::pair<bool, bool>> news; // failing, passed
    HealthMonitor monitor(
        *loop, script(folder, "test -e '" + (folder / "well") + "'"),
        [&](const auto& item) { news.emplace_back(item.failing, item.why.empty()); });
    const auto end = base::monotonic_now() + 20s;
    while (news.size() < 4 && base::monotonic_now() < end) loop->run_once(50ms);
    REQUIRE(news.size() == 4);
    CHECK(news == std::vector<std::pair<bool, bool>>{
                      {false, false}, {false, false}, {true, false}, {true, false}});
    test::write_text(folder / "well", "");
    while (!news.back().second && base::monotonic_now() < end) loop->run_once(50ms);
    CHECK(news.back() == std::pair{false, true});
}

TEST_CASE("health: a monitor that ends breaks off its check and is not heard of again") {
    const auto loop = std::move(*base::EventLoop::create());
    const test::TemporaryFolder folder;
    const auto mark = folder / "began";
    bool told = false;
    {
        HealthMonitor monitor(*loop, script(folder, "touch '" + mark + "'; sleep 1000", 1000s),
                              [&](const auto&) { told = true; });
        const auto end = base::monotonic_now() + 20s;
        while (!std::filesystem::exists(mark) && base::monotonic_now() < end) loop->run_once(5ms);
        REQUIRE(std::filesystem::exists(mark));
    }
    for (int i = 0; i < 20; ++i) loop->run_once(1ms);
    CHECK_FALSE(told);
}

TEST_SUITE_END();
