// SPDX-License-Identifier: Apache-2.0
#include "state/schema.hpp"

#include <Poco/Data/DataException.h>
#include <Poco/Data/SQLite/SQLiteException.h>
#include <Poco/Data/Statement.h>
#include <array>
#include <fmt/format.h>
#include <string_view>

namespace cmw::state {

using namespace Poco::Data::Keywords;

namespace {

/// upgrades[v] makes version v + 1 of version v; a new file begins at 0. Never change one that was
/// released: add another.
constexpr std::array<std::string_view, 5> upgrades{
    "CREATE TABLE component (name TEXT PRIMARY KEY, approved TEXT, why TEXT, activated TEXT,"
    " activating TEXT);"
    "CREATE TABLE quarantine (component TEXT, digest TEXT, PRIMARY KEY (component, digest));"
    "CREATE TABLE service (name TEXT PRIMARY KEY, stopped_by_operator INTEGER, pid INTEGER);"
    "CREATE TABLE runs (service TEXT, component TEXT, digest TEXT, next TEXT,"
    " PRIMARY KEY (service, component));"
    "CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT, time_ns INTEGER, kind TEXT,"
    " name TEXT, event TEXT, from_digest TEXT, to_digest TEXT, why TEXT);"
    "CREATE INDEX history_name ON history (name, id)",

    "ALTER TABLE component ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE component ADD COLUMN approved_at_ns INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE component ADD COLUMN pinned TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE component ADD COLUMN held TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE component ADD COLUMN returned TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE component ADD COLUMN agreed TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE component ADD COLUMN ordered_by TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE component_list (component TEXT, list TEXT, place INTEGER, value TEXT,"
    " PRIMARY KEY (component, list, place));"
    "CREATE TABLE host (key TEXT PRIMARY KEY, value TEXT);"
    "ALTER TABLE history ADD COLUMN ordered_by TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE history ADD COLUMN downtime_ns INTEGER NOT NULL DEFAULT -1",

    "CREATE TABLE trial (name TEXT PRIMARY KEY, failed TEXT, starts INTEGER);"
    "CREATE TABLE trial_change (trial TEXT, component TEXT, before TEXT, after TEXT,"
    " PRIMARY KEY (trial, component));"
    "CREATE TABLE trial_service (trial TEXT, service TEXT, stdout_at INTEGER, stderr_at INTEGER,"
    " PRIMARY KEY (trial, service))",

    "ALTER TABLE quarantine ADD COLUMN cause TEXT NOT NULL DEFAULT 'failed';"
    "CREATE TABLE quarantine_set (component TEXT, digest TEXT, member TEXT, member_digest TEXT,"
    " PRIMARY KEY (component, digest, member))",

    "CREATE TABLE order_source (name TEXT PRIMARY KEY, newest REAL, sequence INTEGER);"
    "CREATE TABLE order_set (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT, digest TEXT,"
    " file TEXT, line TEXT, step INTEGER, until_ns INTEGER, approved INTEGER, outcome TEXT,"
    " UNIQUE (source, digest));"
    "CREATE TABLE order_refused (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT, digest TEXT,"
    " why TEXT, UNIQUE (source, digest, why))",
};

/// Statements of a script, one after the other: SQLite carries out one at a time.
void run_script(Poco::Data::Session& session, std::string_view script) {
    while (!script.empty()) {
        const auto end = script.find(';');
        session << std::string(script.substr(0, end)), now;
        script.remove_prefix(end == std::string_view::npos ? script.size() : end + 1);
    }
}

/// The first version whose history is as it is now.
constexpr std::size_t history_version = 2;

std::size_t version_of(Poco::Data::Session& session) {
    std::size_t version = 0;
    session << "PRAGMA user_version", into(version), now;
    if (version > upgrades.size())
        throw Poco::Data::DataException(
            fmt::format("its version is {}, and this program knows {}", version, upgrades.size()));
    return version;
}

} // namespace

void check_history(Poco::Data::Session& session) {
    if (version_of(session) < history_version)
        throw Poco::Data::DataException(
            "it is of an earlier version; the next start of the host upgrades it");
}

void prepare(Poco::Data::Session& session) {
    std::string answer;
    session << "PRAGMA journal_mode=WAL", into(answer), now;
    session << "PRAGMA synchronous=FULL", now;
    session << "PRAGMA quick_check(1)", into(answer), now;
    if (answer != "ok")
        throw Poco::Data::SQLite::CorruptImageException("the file is damaged: " + answer);
    auto version = version_of(session);
    if (version == upgrades.size()) return;
    session.begin();
    for (; version < upgrades.size(); ++version) run_script(session, upgrades[version]);
    session << fmt::format("PRAGMA user_version={}", version), now;
    session.commit();
}

} // namespace cmw::state
