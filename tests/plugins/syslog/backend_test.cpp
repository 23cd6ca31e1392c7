// SPDX-License-Identifier: Apache-2.0
//
// Over each transport, to receivers that behave and to others.
#include "log-backend/syslog/backend.hpp"

#include "fakes/receiver.hpp"
#include "fakes/tls_front.hpp"
#include "support/temporary_folder.hpp"

#include <cmw/testing.hpp>
#include <doctest/doctest.h>
#include <functional>
#include <thread>

using namespace cmw::syslog;
using namespace std::chrono_literals;
using cmw::test::Receiver;
using cmw::test::TlsFront;
using cmw::testing::TestBatch;
using Kind = Receiver::Kind;

namespace {

SyslogBackend::Settings settings_for(const std::string& address) {
    SyslogBackend::Settings settings;
    settings.address = address;
    settings.format = "rfc5424";
    settings.framing = "octet-counting";
    settings.facility = "daemon";
    settings.hostname = "here";
    settings.app_name = "{stream}";
    settings.rate = 100'000;
    settings.timeout = 20s;
    return settings;
}

bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < end) {
        if (condition()) return true;
        std::this_thread::sleep_for(2ms);
    }
    return condition();
}

/// Of a test's records, which are a nanosecond apart.
const std::string head = "<30>1 2020-09-13T12:26:40.000Z here a - - - ";

struct Fixture {
    cmw::test::TemporaryFolder folder;
    cmw::testing::TestHost host;
    cmw::testing::TestCall call;
    std::string path = folder / "socket";

    void write(SyslogBackend& backend, const std::vector<std::string>& lines) const {
        TestBatch batch("a", lines);
        auto records = batch.handle();
        backend.write(call.handle(), records);
    }
    /// What a write to the address ends with: its text, "" if it worked.
    std::string outcome(const SyslogBackend::Settings& settings, std::size_t lines = 1) const {
        SyslogBackend backend(settings, host.handle());
        TestBatch batch("a", std::vector<std::string>(lines, std::string(1000, 'x')));
        auto records = batch.handle();
        try {
            backend.write(call.handle(), records);
            return "";
        } catch (const std::exception& failure) {
            CHECK(batch.delivered == 0);
            return failure.what();
        }
    }
};

std::vector<std::string> numbered(int count) {
    std::vector<std::string> lines;
    for (int i = 0; i < count; ++i) lines.push_back("line " + std::to_string(i));
    return lines;
}

/// The messages in a stream of counted octets; fails the test at what is none.
std::vector<std::string> counted(std::string_view bytes) {
    std::vector<std::string> all;
    while (!bytes.empty()) {
        const auto space = bytes.find(' ');
        REQUIRE(space < 7);
        const auto size = std::stoul(std::string(bytes.substr(0, space)));
        bytes.remove_prefix(space + 1);
        REQUIRE(size <= bytes.size());
        all.emplace_back(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    return all;
}

} // namespace

TEST_CASE_FIXTURE(Fixture, "datagrams arrive whole and in order, each a message") {
    for (const auto kind : {Kind::unix_datagram, Kind::udp}) {
        const Receiver receiver(kind, path);
        auto settings =
            settings_for(kind == Kind::udp ? "udp://127.0.0.1:" + std::to_string(receiver.port())
                                           : "unix:" + path);
        settings.rate = 2000; // As a busy machine can read them.
        SyslogBackend backend(settings, host.handle());
        const auto lines = numbered(100);
        write(backend, lines);
        write(backend, {"more\nlines"});
        REQUIRE(eventually([&] { return receiver.datagrams().size() == 101; }));
        const auto got = receiver.datagrams();
        for (std::size_t i = 0; i < lines.size(); ++i) CHECK(got[i] == head + lines[i]);
        CHECK(got[100] == head + "more#012lines");
    }
}

TEST_CASE_FIXTURE(Fixture, "what is larger than a datagram can be is left out, counted and told") {
    const Receiver receiver(Kind::udp, path);
    auto settings = settings_for("udp://127.0.0.1:" + std::to_string(receiver.port()));
    settings.max_size = cmw::Bytes{64 * 1024}; // A datagram has 65,507 bytes at most.
    SyslogBackend backend(settings, host.handle());
    const std::string large(65'480, 'x');
    TestBatch batch("a", {"one", large, large, "two"});
    auto records = batch.handle();
    backend.write(call.handle(), records);
    REQUIRE(eventually([&] { return receiver.datagrams().size() == 2; }));
    CHECK(receiver.datagrams() == std::vector{head + "one", head + "two"});
    CHECK(batch.rejected == 2);
    REQUIRE(host.lines().size() == 1);
    CHECK(host.lines()[0].starts_with("cannot send 2 records of stream a to udp://127.0.0.1:"));
}

TEST_CASE_FIXTURE(Fixture, "a stream carries all messages by one connection, counted") {
    for (const auto kind : {Kind::tcp, Kind::unix_stream}) {
        const Receiver receiver(kind, path);
        SyslogBackend backend(
            settings_for(kind == Kind::tcp ? "tcp://127.0.0.1:" + std::to_string(receiver.port())
                                           : "unix-stream:" + path),
            host.handle());
        const auto lines = numbered(10'000);
        write(backend, lines);
        write(backend, {"last"});
        REQUIRE(eventually([&] {
            const auto all = receiver.connections();
            return all.size() == 1 && all[0].ends_with("last");
        }));
        const auto got = counted(receiver.connections()[0]);
        REQUIRE(got.size() == lines.size() + 1);
        for (std::size_t i = 0; i < lines.size(); ++i) REQUIRE(got[i] == head + lines[i]);
    }
}

TEST_CASE_FIXTURE(Fixture, "a use has its own facility and name") {
    const Receiver receiver(Kind::unix_datagram, path);
    SyslogBackend backend(settings_for("unix:" + path), host.handle());
    const cmw_value values[] = {{CMW_TYPE_STRING, 0, {.string = cmw::to_str("local1")}},
                                {CMW_TYPE_STRING, 0, {.string = cmw::to_str("x-{stream}")}}};
    const cmw_config use{sizeof(cmw_config), 2, values};
    TestBatch batch("a", {"one"}, &use);
    auto records = batch.handle();
    backend.write(call.handle(), records);
    REQUIRE(eventually([&] { return receiver.datagrams().size() == 1; }));
    CHECK(receiver.datagrams()[0] == "<142>1 2020-09-13T12:26:40.000Z here x-a - - - one");
}

TEST_CASE_FIXTURE(Fixture, "nobody at the other end is a failure that names it") {
    unsigned port = 0;
    {
        const Receiver gone(Kind::udp);
        port = gone.port();
    }
    const auto udp = "udp://127.0.0.1:" + std::to_string(port);
    CHECK(outcome(settings_for(udp), 3) == "cannot send to " + udp + ": Connection refused");
    {
        const Receiver gone(Kind::tcp);
        port = gone.port();
    }
    CHECK(outcome(settings_for("tcp://127.0.0.1:" + std::to_string(port))) ==
          "cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
    CHECK(outcome(settings_for("unix:" + path)) ==
          "cannot connect to " + path + ": No such file or directory");
    CHECK(outcome(settings_for("unix:/" + std::string(200, 'x'))).find("at most") !=
          std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a receiver that closes the connection ends the batch, all of it") {
    for (const std::size_t after : {0u, 1u, 5000u}) {
        CAPTURE(after);
        const Receiver receiver(Kind::tcp, "", {true, after});
        const auto text =
            outcome(settings_for("tcp://127.0.0.1:" + std::to_string(receiver.port())), 10'000);
        CHECK_MESSAGE(text.starts_with("cannot send to tcp://127.0.0.1:"), text);
    }
}

TEST_CASE_FIXTURE(Fixture, "a connection that was closed since the last batch carries no other") {
    const auto closed = [&](Kind kind, const std::string& address) {
        auto receiver = std::make_unique<Receiver>(kind, path);
        SyslogBackend backend(
            settings_for(kind == Kind::tcp ? address + std::to_string(receiver->port()) : address),
            host.handle());
        write(backend, {"one"});
        receiver.reset();
        CHECK_THROWS_WITH_AS(write(backend, {"two"}), doctest::Contains("cannot"), cmw::Error);
    };
    closed(Kind::tcp, "tcp://127.0.0.1:");
    closed(Kind::unix_stream, "unix-stream:" + path);
    closed(Kind::unix_datagram, "unix:" + path);
}

TEST_CASE_FIXTURE(Fixture,
                  "a receiver that takes nothing is given up after a while, or cancelled") {
    struct Row {
        Kind kind;
        std::string address;
    };
    for (const auto& row :
         {Row{Kind::unix_datagram, "unix:" + path}, Row{Kind::unix_stream, "unix-stream:" + path},
          Row{Kind::tcp, "tcp://127.0.0.1:"}}) {
        CAPTURE(row.address);
        const Receiver receiver(row.kind, path, {false});
        auto settings = settings_for(
            row.kind == Kind::tcp ? row.address + std::to_string(receiver.port()) : row.address);
        settings.timeout = 100ms;
        // More than the buffers of both ends hold.
        CHECK_MESSAGE(outcome(settings, 10'000).find("takes nothing any more") != std::string::npos,
                      row.address);
        settings.timeout = 1h;
        SyslogBackend backend(settings, host.handle());
        cmw::testing::TestCall short_call(100ms);
        TestBatch batch("a", std::vector<std::string>(10'000, std::string(1000, 'x')));
        auto records = batch.handle();
        CHECK_THROWS_WITH_AS(backend.write(short_call.handle(), records), "cancelled", cmw::Error);
        CHECK(batch.delivered == 0);
    }
}

TEST_CASE_FIXTURE(Fixture, "over TLS both ends are who they say") {
    const cmw::test::Authority authority;
    const cmw::test::Authority other;
    const auto file = [&](const char* name, const std::string& text) {
        cmw::test::write_text(folder / name, text);
        return folder / name;
    };
    const Receiver receiver(Kind::tcp);
    const auto good = authority.issue();
    const auto settings_of = [&](const TlsFront& front, const std::string& name) {
        auto settings = settings_for("tls://" + name + ":" + std::to_string(front.port()));
        settings.ca = file("ca.pem", authority.pem());
        return settings;
    };
    SUBCASE("messages arrive") {
        for (const auto* name : {"localhost", "127.0.0.1"}) {
            const TlsFront front(receiver.port(), good);
            SyslogBackend backend(settings_of(front, name), host.handle());
            write(backend, numbered(5000));
            write(backend, {"last"});
        }
        REQUIRE(eventually([&] {
            const auto all = receiver.connections();
            return all.size() == 2 && all[0].ends_with("last") && all[1].ends_with("last");
        }));
        for (const auto& one : receiver.connections()) CHECK(counted(one).size() == 5001);
    }
    SUBCASE("a certificate of another name or authority is refused") {
        const TlsFront named(receiver.port(), authority.issue({.names = "DNS:example.org"}));
        CHECK(outcome(settings_of(named, "localhost")).find("certificate is not valid") !=
              std::string::npos);
        const TlsFront foreign(receiver.port(), other.issue());
        CHECK(outcome(settings_of(foreign, "localhost")).find("certificate is not valid") !=
              std::string::npos);
        for (const auto& one : receiver.connections()) CHECK(one.empty());
    }
    SUBCASE("a receiver that wants our certificate gets it, and says no without") {
        const TlsFront front(receiver.port(), good, {.client_authority = authority.pem()});
        CHECK(outcome(settings_of(front, "localhost")).starts_with("cannot s"));
        auto settings = settings_of(front, "localhost");
        const auto mine = authority.issue();
        settings.certificate = file("mine.pem", mine.certificate);
        settings.key = file("mine.key", mine.key);
        CHECK(outcome(settings) == "");
        const auto not_mine = other.issue();
        settings.certificate = file("mine.pem", not_mine.certificate);
        settings.key = file("mine.key", not_mine.key);
        CHECK(outcome(settings) != "");
    }
    SUBCASE("a receiver that is not TLS") {
        const Receiver silent(Kind::tcp, "", {false});
        auto settings = settings_for("tls://localhost:" + std::to_string(silent.port()));
        settings.timeout = 100ms;
        CHECK(outcome(settings).find("it does nothing any more") != std::string::npos);
        const Receiver closing(Kind::tcp, "", {true, 10});
        settings.timeout = 20s;
        settings.address = "tls://localhost:" + std::to_string(closing.port());
        CHECK(outcome(settings).starts_with("cannot speak TLS with tls://localhost:"));
    }
}

TEST_CASE_FIXTURE(Fixture, "options that cannot work are refused") {
    const auto refused = [&](const SyslogBackend::Settings& settings, const char* why) {
        CHECK_THROWS_WITH_AS(SyslogBackend::check(settings), doctest::Contains(why), cmw::Error);
    };
    auto settings = settings_for("tcp://x");
    CHECK_NOTHROW(SyslogBackend::check(settings));
    CHECK_THROWS_AS(SyslogBackend::check_use(settings, {std::nullopt, "{what}"}), cmw::Error);
    settings.app_name = "{id}";
    refused(settings, "{id}");
    settings = settings_for("tcp://x");
    settings.structured_id = "cmw";
    refused(settings, "structured-data");
    settings = settings_for("tcp://x");
    settings.ca = "/x";
    refused(settings, "does not begin with tls://");
    settings = settings_for("tcp://x");
    settings.framing = "line-feed";
    CHECK_NOTHROW(SyslogBackend::check(settings));
    settings.escape = false;
    refused(settings, "escape");
    settings = settings_for("tls://x");
    settings.framing = "nul";
    refused(settings, "RFC 5425");
    settings.framing = "octet-counting";
    settings.ca = folder / "none.pem";
    refused(settings, "none.pem: No such file or directory");
    settings.ca.reset();
    settings.key = folder / "none.key";
    refused(settings, "there is no tls.certificate");
}

TEST_CASE_FIXTURE(Fixture, "the limits leave room for the header") {
    const auto limit = [&](const SyslogBackend::Settings& settings) {
        cmw_log_limits limits{sizeof limits, ~0U, ~0ULL, 0, ~0U, 0};
        SyslogBackend(settings, host.handle()).limits(limits);
        return limits.record_bytes;
    };
    auto settings = settings_for("udp://127.0.0.1");
    CHECK(limit(settings) < 2048);
    CHECK(limit(settings) > 1700);
    settings.format = "rfc3164";
    CHECK(limit(settings) < 1024);
    CHECK(limit(settings) > 800);
    settings = settings_for("tcp://127.0.0.1");
    CHECK(limit(settings) > 7000);
    settings.max_size = cmw::Bytes{480};
    settings.hostname = std::string(255, 'h');
    settings.structured_id = "cmw@32473";
    CHECK(limit(settings) == 64);
}
