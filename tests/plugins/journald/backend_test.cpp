// SPDX-License-Identifier: Apache-2.0
#include "log-backend/journald/backend.hpp"

#include "fakes/receiver.hpp"
#include "log-backend/journald/entry.hpp"
#include "support/temporary_folder.hpp"

#include <cmw/testing.hpp>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>

using namespace cmw::journald;
using namespace std::chrono_literals;
using cmw::test::Receiver;
using cmw::testing::TestBatch;

namespace {

bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < end) {
        if (condition()) return true;
        std::this_thread::sleep_for(2ms);
    }
    return condition();
}

/// Reads an entry as the journal does.
std::map<std::string, std::string> fields(std::string_view entry) {
    std::map<std::string, std::string> all;
    while (!entry.empty()) {
        const auto line = entry.find('\n');
        REQUIRE(line != entry.npos);
        const auto equals = entry.substr(0, line).find('=');
        if (equals != entry.npos) {
            all[std::string(entry.substr(0, equals))] = entry.substr(equals + 1, line - equals - 1);
            entry.remove_prefix(line + 1);
            continue;
        }
        const auto name = std::string(entry.substr(0, line));
        entry.remove_prefix(line + 1);
        REQUIRE(entry.size() >= 8);
        std::uint64_t size = 0;
        for (std::size_t i = 0; i < 8; ++i)
            size |= std::uint64_t{static_cast<unsigned char>(entry[i])} << 8 * i;
        REQUIRE(entry.size() > 8 + size);
        all[name] = entry.substr(8, size);
        CHECK(entry[8 + size] == '\n');
        entry.remove_prefix(9 + size);
    }
    return all;
}

struct Fixture {
    cmw::test::TemporaryFolder folder;
    cmw::testing::TestHost host;
    cmw::testing::TestCall call;
    std::string path = folder / "socket";

    JournaldBackend::Settings settings() const { return {path, "{stream}", 20s}; }
    void write(JournaldBackend& backend, const std::vector<std::string>& lines) const {
        TestBatch batch("a", lines);
        auto records = batch.handle();
        backend.write(call.handle(), records);
    }
};

} // namespace

TEST_CASE("a record is an entry with fields, whatever bytes it holds") {
    const std::string text("a=b\n\0\xff"
                           "c",
                           7);
    const cmw_log_record record{
        1'600'000'000'005'000'000, 17, cmw::to_str("cmix"), cmw::to_str(text), CMW_LEVEL_WARN, 0};
    CHECK(fields(entry(record, "node")) ==
          std::map<std::string, std::string>{{"MESSAGE", text},
                                             {"PRIORITY", "4"},
                                             {"SYSLOG_IDENTIFIER", "node"},
                                             {"SYSLOG_TIMESTAMP", "2020-09-13T12:26:40.005Z"},
                                             {"CMW_STREAM", "cmix"},
                                             {"CMW_SEQUENCE", "17"}});
    std::string plain;
    append_field(plain, "MESSAGE", "one line");
    CHECK(plain == "MESSAGE=one line\n");
    std::string two;
    append_field(two, "MESSAGE", "a\nb");
    CHECK(two == std::string("MESSAGE\n\3\0\0\0\0\0\0\0a\nb\n", 20));
}

TEST_CASE("levels have their priorities") {
    CHECK(priority(CMW_LEVEL_TRACE) == 7);
    CHECK(priority(CMW_LEVEL_DEBUG) == 7);
    CHECK(priority(CMW_LEVEL_INFO) == 6);
    CHECK(priority(CMW_LEVEL_WARN) == 4);
    CHECK(priority(CMW_LEVEL_ERROR) == 3);
    CHECK(priority(CMW_LEVEL_FATAL) == 2);
    CHECK(priority(77) == 6);
}

TEST_CASE_FIXTURE(Fixture, "the journal gets each record, in order") {
    const Receiver journal(Receiver::Kind::unix_datagram, path);
    JournaldBackend backend(settings(), host.handle());
    std::vector<std::string> lines;
    for (int i = 0; i < 2000; ++i) lines.push_back("line " + std::to_string(i));
    write(backend, lines);
    const cmw_value value{CMW_TYPE_STRING, 0, {.string = cmw::to_str("x\n{stream}")}};
    const cmw_config use{sizeof(cmw_config), 1, &value};
    TestBatch batch("a", {"last"}, &use);
    auto records = batch.handle();
    backend.write(call.handle(), records);
    REQUIRE(eventually([&] { return journal.datagrams().size() == 2001; }));
    const auto got = journal.datagrams();
    for (std::size_t i = 0; i < lines.size(); ++i) {
        auto found = fields(got[i]);
        REQUIRE(found["MESSAGE"] == lines[i]);
        REQUIRE(found["SYSLOG_IDENTIFIER"] == "a");
    }
    CHECK(fields(got[2000])["SYSLOG_IDENTIFIER"] == "x_a");
}

TEST_CASE_FIXTURE(Fixture, "an entry that is too large for a datagram is a sealed file") {
    const Receiver journal(Receiver::Kind::unix_datagram, path);
    JournaldBackend backend(settings(), host.handle());
    const std::string large(20'000'000, 'x'); // More than any socket's buffer.
    write(backend, {"first", large, "last"});
    REQUIRE(eventually([&] { return journal.datagrams().size() == 3; }));
    CHECK(journal.datagrams()[1].empty());
    REQUIRE(journal.passed().size() == 1);
    CHECK(fields(journal.passed()[0].content)["MESSAGE"] == large);
    CHECK(journal.passed()[0].seals == (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL));
}

TEST_CASE_FIXTURE(Fixture, "a journal that is not there, or goes, is a failure that names it") {
    {
        JournaldBackend backend(settings(), host.handle());
        CHECK_THROWS_WITH_AS(write(backend, {"one"}),
                             ("cannot connect to " + path + ": No such file or directory").c_str(),
                             cmw::Error);
    }
    auto journal = std::make_unique<Receiver>(Receiver::Kind::unix_datagram, path);
    JournaldBackend backend(settings(), host.handle());
    write(backend, {"one"});
    journal.reset();
    CHECK_THROWS_WITH_AS(write(backend, {"two"}), doctest::Contains(path.c_str()), cmw::Error);
}

TEST_CASE_FIXTURE(Fixture, "a journal that reads nothing is given up after a while, or cancelled") {
    const Receiver journal(Receiver::Kind::unix_datagram, path, {false});
    auto options = settings();
    options.timeout = 100ms;
    JournaldBackend backend(options, host.handle());
    CHECK_THROWS_WITH_AS(write(backend, {"one"}), doctest::Contains("takes nothing any more"),
                         cmw::Error);
    options.timeout = 1h;
    JournaldBackend patient(options, host.handle());
    const cmw::testing::TestCall limited(100ms);
    for (const auto& line : {std::string("one"), std::string(20'000'000, 'x')}) {
        TestBatch batch("a", std::vector<std::string>(3, line));
        auto records = batch.handle();
        CHECK_THROWS_WITH_AS(patient.write(limited.handle(), records), "cancelled", cmw::Error);
        CHECK(batch.delivered == 0);
    }
}

TEST_CASE_FIXTURE(Fixture, "names that cannot be made are refused") {
    auto options = settings();
    options.identifier = "{id}";
    CHECK_THROWS_AS(JournaldBackend::check(options), cmw::Error);
    CHECK_THROWS_AS(JournaldBackend::check_use(settings(), {"{"}), cmw::Error);
}
