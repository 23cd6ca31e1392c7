// SPDX-License-Identifier: Apache-2.0
#include "state/database.hpp"

#include "support/temporary_folder.hpp"

#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>

using namespace cmw::state;
using cmw::base::UnixTime;
using cmw::test::TemporaryFolder;

namespace {

Database open(const std::string& path) {
    std::string notice;
    auto database = Database::open_or_begin_anew(path, notice);
    REQUIRE(database);
    CHECK(notice.empty());
    return std::move(*database);
}

HistoryEntry entry(const std::string& name, const std::string& event) {
    return {0,           UnixTime(std::chrono::seconds(1'700'000'000)),
            "component", name,
            event,       "aa",
            "bb",        "chain at block 5",
            "operator",  std::chrono::milliseconds(12)};
}

} // namespace

TEST_CASE("components and services are there again after a restart") {
    const TemporaryFolder folder;
    const ComponentRecord server{
        "blake2s-256-aa",
        "chain, mirror",
        UnixTime(std::chrono::seconds(1'700'000'000)),
        "chain at block 5",
        "blake2s-256-bb",
        "cc",
        "pinned",
        "held",
        "returned",
        "agreed",
        "operator alice (uid 1000)",
        {{"x", {"failed", {{"server", "x"}, {"libpow", "z"}}}}, {"y", {"rolled-back", {}}}},
        {"newer", "older", "a"},
        {"libpow", "server"},
        {"https://b", "https://a"}};
    ComponentRecord old;
    old.approved = old.pinned = "old";
    old.quarantined["z"].set = {{"server", "z"}, {"other", "a"}};
    old.previous = old.locations = old.together = {"1", "2", "3", "4"};
    const ServiceRecord cmix{
        true, 4711, {{"server", "aa"}, {"libpow", ""}}, {{"server", "bb"}, {"libpow", "cc"}}};
    {
        auto database = open(folder / "state.db");
        CHECK(database.components()->empty());
        CHECK(database.save_service("cmix", {false, 1, {{"old", "x"}}, {{"old", "y"}}}));
        CHECK(database.save_components({{"server", old}, {"libpow", old}}));
        CHECK(database.save_components({{"server", server}}));
        CHECK(database.save_service("cmix", cmix));
    }
    auto database = open(folder / "state.db");
    CHECK(*database.components() ==
          std::map<std::string, ComponentRecord>{{"server", server}, {"libpow", old}});
    CHECK(*database.services() == std::map<std::string, ServiceRecord>{{"cmix", cmix}});
}

TEST_CASE("values of the host are kept, the last one of each") {
    const TemporaryFolder folder;
    {
        auto database = open(folder / "state.db");
        CHECK(*database.host_value("seed") == "");
        CHECK(database.save_host_value("seed", "1"));
        CHECK(database.save_host_value("seed", "2"));
    }
    CHECK(*open(folder / "state.db").host_value("seed") == "2");
}

namespace {

/// A state as the first version of this program made it, with something in every table.
void make_version_1(const std::string& path, const std::string& more = {}) {
    Poco::Data::SQLite::Connector::registerConnector();
    Poco::Data::Session session("SQLite", path);
    using namespace Poco::Data::Keywords;
    for (const std::string statement :
         {"CREATE TABLE component (name TEXT PRIMARY KEY, approved TEXT, why TEXT, activated TEXT,"
          " activating TEXT)",
          "CREATE TABLE quarantine (component TEXT, digest TEXT, PRIMARY KEY (component, digest))",
          "CREATE TABLE service (name TEXT PRIMARY KEY, stopped_by_operator INTEGER, pid INTEGER)",
          "CREATE TABLE runs (service TEXT, component TEXT, digest TEXT, next TEXT,"
          " PRIMARY KEY (service, component))",
          "CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT, time_ns INTEGER, kind TEXT,"
          " name TEXT, event TEXT, from_digest TEXT, to_digest TEXT, why TEXT)",
          "CREATE INDEX history_name ON history (name, id)", "PRAGMA user_version=1",
          "INSERT INTO component VALUES ('server', 'aa', 'chain at block 5', 'bb', '')",
          "INSERT INTO quarantine VALUES ('server', 'cc')",
          "INSERT INTO service VALUES ('cmix', 1, 4711)",
          "INSERT INTO runs VALUES ('cmix', 'server', 'bb', 'aa')",
          "INSERT INTO history (time_ns, kind, name, event, from_digest, to_digest, why)"
          " VALUES (5, 'component', 'server', 'fetched', '', 'aa', 'from network')"})
        session << statement, now;
    if (!more.empty()) session << more, now;
}

} // namespace

TEST_CASE("a state of the first version is upgraded, with all that is in it") {
    const TemporaryFolder folder;
    make_version_1(folder / "state.db");
    for (int opened = 0; opened < 2; ++opened) {
        auto database = open(folder / "state.db");
        ComponentRecord server;
        server.approved = "aa";
        server.why = "chain at block 5";
        server.activated = "bb";
        server.quarantined["cc"].cause = "failed"; // Of what set nobody noted then.
        CHECK(*database.components() == std::map<std::string, ComponentRecord>{{"server", server}});
        CHECK(database.services()->at("cmix").stopped_by_operator);
        CHECK(database.services()->at("cmix").runs_next.at("server") == "aa");
        const auto history = database.history("server", 10);
        REQUIRE(history);
        REQUIRE(history->size() == 1);
        CHECK(history->front().why == "from network");
        CHECK(history->front().by.empty());
        CHECK_FALSE(history->front().downtime);
    }
}

TEST_CASE("an upgrade that fails half-way leaves the old state as it was") {
    const TemporaryFolder folder;
    make_version_1(folder / "state.db", "CREATE TABLE host (something TEXT)");
    CHECK_FALSE(Database::open(folder / "state.db"));
    Poco::Data::Session session("SQLite", folder / "state.db");
    using namespace Poco::Data::Keywords;
    int version = 0;
    int columns = 0;
    session << "PRAGMA user_version", into(version), now;
    session << "SELECT count(*) FROM pragma_table_info('component')", into(columns), now;
    CHECK(version == 1);
    CHECK(columns == 5);
}

TEST_CASE("history gives the newest entries, oldest first, of all or of one name") {
    const TemporaryFolder folder;
    auto database = open(folder / "state.db");
    for (int i = 0; i < 5; ++i) {
        CHECK(database.add_history(entry("server", "approved" + std::to_string(i))));
        CHECK(database.add_history(entry("libpow", "fetched" + std::to_string(i))));
    }
    const auto all = database.history("", 3);
    REQUIRE(all);
    REQUIRE(all->size() == 3);
    CHECK((*all)[0].event == "fetched3");
    CHECK((*all)[2].event == "fetched4");
    const auto one = database.history("server", 100);
    REQUIRE(one);
    REQUIRE(one->size() == 5);
    auto expected = entry("server", "approved0");
    expected.id = (*one)[0].id;
    CHECK((*one)[0] == expected);
}

TEST_CASE("names and reasons of any content are kept as they are") {
    const TemporaryFolder folder;
    auto database = open(folder / "state.db");
    const std::string odd = "it's \"odd\"; DROP TABLE history; \xc3\xa4";
    CHECK(database.add_history(entry(odd, odd)));
    const auto found = database.history(odd, 10);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK(found->front().event == odd);
}

TEST_CASE("a damaged state is moved aside and begun anew, with a notice") {
    const TemporaryFolder folder;
    cmw::test::write_text(folder / "state.db", std::string(8192, 'x'));
    CHECK_FALSE(Database::open(folder / "state.db")); // Who only reads moves nothing.
    CHECK(cmw::test::read_text(folder / "state.db").size() == 8192);
    std::string notice;
    auto database = Database::open_or_begin_anew(folder / "state.db", notice);
    REQUIRE(database);
    CHECK(notice.find("moved aside") != std::string::npos);
    CHECK(database->components()->empty());
    CHECK(cmw::test::read_text(folder / "state.db.unreadable").size() == 8192);
}

TEST_CASE("the state is for the host's user alone") {
    const TemporaryFolder folder;
    const auto database = open(folder / "state.db");
    CHECK(std::filesystem::status(folder / "state.db").permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("a state in a folder that does not exist is a problem that names it") {
    const TemporaryFolder folder;
    std::string notice;
    const auto database = Database::open_or_begin_anew(folder / "none/state.db", notice);
    REQUIRE_FALSE(database);
    CHECK(database.error().what.starts_with("cannot open the state"));
    CHECK(database.error().where == folder / "none/state.db");
}

TEST_CASE("a state of a later version is refused, not thrown away") {
    const TemporaryFolder folder;
    { auto database = open(folder / "state.db"); }
    // The user version is a big-endian word at byte 60 of an SQLite file.
    auto content = cmw::test::read_text(folder / "state.db");
    content[63] = 99;
    cmw::test::write_text(folder / "state.db", content);
    std::string notice;
    const auto database = Database::open_or_begin_anew(folder / "state.db", notice);
    REQUIRE_FALSE(database);
    CHECK(database.error().what.find("its version is 99") != std::string::npos);
}

TEST_CASE("orders are there again after a restart; of those that are done only the last are kept") {
    const TemporaryFolder folder;
    const auto record = [](int number) {
        OrderRecord order;
        order.digest = std::to_string(number);
        order.file = "command.jsonl";
        order.line = "{}";
        return order;
    };
    const auto told = [](const std::string& event, int number) {
        return HistoryEntry{0,
                            UnixTime(std::chrono::seconds(1'700'000'000 + number)),
                            "orders",
                            "management",
                            event,
                            "",
                            std::to_string(number),
                            "words"};
    };
    {
        auto database = open(folder / "state.db");
        CHECK(database.order_source("management")->newest == 0);
        CHECK(database.begin_orders("management", 17.5));
        const auto take = [&](int number, double newest, std::optional<std::int64_t> sequence) {
            return database.take_order("management", record(number), newest, sequence,
                                       told("taken", number));
        };
        REQUIRE(take(0, 18.25, 7)); // Stays under way.
        for (int number = 1; number <= static_cast<int>(Database::order_limit) + 50; ++number) {
            REQUIRE(take(number, 100.0 + number, {}));
            auto done = record(number);
            done.outcome = "done";
            REQUIRE(database.save_order("management", done, told("done", number)));
        }
        CHECK_FALSE(take(0, 1000, {})); // It is known.
        CHECK(database.begin_orders("other", 5));
    }
    auto database = open(folder / "state.db");
    const auto source = database.order_source("management");
    REQUIRE(source);
    CHECK(source->newest == 100.0 + Database::order_limit + 50);
    CHECK_FALSE(source->sequence);
    CHECK(source->sets.size() == Database::order_limit + 1);
    CHECK(source->sets.front() == record(0));
    CHECK(source->sets.back().outcome == "done");
    CHECK(database.order_source("other")->sets.empty());

    auto delayed = record(0);
    delayed.step = 3;
    delayed.until = UnixTime(std::chrono::seconds(1'700'000'000));
    delayed.approved = true;
    REQUIRE(database.save_order("management", delayed));
    CHECK(database.order_source("management")->sets.front() == delayed);
    // What was not saved is not told; what was is told once.
    const auto entries = database.history("management", 10'000).value();
    CHECK(entries.size() == 1 + 2 * (Database::order_limit + 50));
    auto first = told("taken", 0);
    first.id = entries.front().id;
    CHECK(entries.front() == first);

    const auto refuse = [&](const std::string& instance, const std::string& why) {
        return database.refuse_order(instance, "aa", why, told("refused", 0)).value();
    };
    CHECK(refuse("management", "cannot trust it"));
    CHECK_FALSE(refuse("management", "cannot trust it"));
    CHECK(refuse("management", "cannot read it"));
    CHECK(refuse("other", "cannot trust it"));
    CHECK(database.history("management", 10'000)->size() == entries.size() + 3);
}
