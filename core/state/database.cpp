// SPDX-License-Identifier: Apache-2.0
#include "state/database.hpp"

#include "base/system.hpp"

#include <Poco/Data/RecordSet.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/SQLiteException.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <fmt/format.h>

namespace cmw::state {

using namespace Poco::Data::Keywords;
using base::Result;

namespace {

constexpr int schema_version = 1;
constexpr const char* schema =
    "CREATE TABLE component (name TEXT PRIMARY KEY, approved TEXT, why TEXT, activated TEXT,"
    " activating TEXT);"
    "CREATE TABLE quarantine (component TEXT, digest TEXT, PRIMARY KEY (component, digest));"
    "CREATE TABLE service (name TEXT PRIMARY KEY, stopped_by_operator INTEGER, pid INTEGER);"
    "CREATE TABLE runs (service TEXT, component TEXT, digest TEXT, next TEXT,"
    " PRIMARY KEY (service, component));"
    "CREATE TABLE history (id INTEGER PRIMARY KEY AUTOINCREMENT, time_ns INTEGER, kind TEXT,"
    " name TEXT, event TEXT, from_digest TEXT, to_digest TEXT, why TEXT);"
    "CREATE INDEX history_name ON history (name, id);";

/// Runs `work` and turns what Poco throws into a Problem: exceptions of the library end here.
template <class Work>
auto guarded(const std::string& path, std::string_view verb, Work work)
    -> Result<decltype(work())> {
    try {
        if constexpr (std::is_void_v<decltype(work())>) {
            work();
            return {};
        } else {
            return work();
        }
    } catch (const Poco::Exception& error) {
        return base::fail(path, fmt::format("cannot {}: {}", verb, error.displayText()),
                          "check the disk, or move the file aside to begin anew");
    }
}

/// Statements of a script, one after the other: SQLite carries out one at a time.
void run_script(Poco::Data::Session& session, std::string_view script) {
    while (!script.empty()) {
        const auto end = script.find(';');
        session << std::string(script.substr(0, end)), now;
        script.remove_prefix(end == std::string_view::npos ? script.size() : end + 1);
    }
}

void prepare(Poco::Data::Session& session) {
    std::string answer;
    session << "PRAGMA journal_mode=WAL", into(answer), now;
    session << "PRAGMA synchronous=FULL", now;
    session << "PRAGMA quick_check(1)", into(answer), now;
    if (answer != "ok")
        throw Poco::Data::SQLite::CorruptImageException("the file is damaged: " + answer);
    int version = 0;
    session << "PRAGMA user_version", into(version), now;
    if (version == schema_version) return;
    if (version != 0)
        throw Poco::Data::DataException(
            fmt::format("its version is {}, and this program knows {}", version, schema_version));
    session.begin();
    run_script(session, schema);
    session << fmt::format("PRAGMA user_version={}", schema_version), now;
    session.commit();
}

} // namespace

struct Database::Impl {
    std::string path;
    Poco::Data::Session session;
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

Result<Database> Database::open(const std::string& path, bool& damaged) {
    Poco::Data::SQLite::Connector::registerConnector();
    return guarded(path, "open the state", [&] {
        try {
            Poco::Data::Session session("SQLite", path);
            prepare(session);
            // SQLite makes it with the process's mask; it is nobody else's business.
            (void)base::sys::chmod(path, 0600);
            return Database(std::make_unique<Impl>(Impl{path, std::move(session)}));
        } catch (const Poco::Data::SQLite::CorruptImageException&) {
            damaged = true;
            throw;
        }
    });
}

Result<Database> Database::open(const std::string& path) {
    bool damaged = false;
    return open(path, damaged);
}

Result<Database> Database::open_or_begin_anew(const std::string& path, std::string& notice) {
    bool damaged = false;
    auto first = open(path, damaged);
    if (!damaged) return first;
    const auto aside = path + ".unreadable";
    if (const auto moved = base::sys::rename(path, aside); !moved) return first;
    // The write-ahead log belongs to the file that was moved; with the new one it would be wrong.
    for (const auto* suffix : {"-wal", "-shm"}) (void)base::sys::unlink(path + suffix);
    notice = fmt::format("{}; moved aside to {}", base::to_string(first.error()), aside);
    return open(path);
}

Result<std::map<std::string, ComponentRecord>> Database::components() {
    return guarded(impl_->path, "read the components", [&] {
        std::map<std::string, ComponentRecord> records;
        Poco::Data::Statement rows(impl_->session);
        rows << "SELECT name, approved, why, activated, activating FROM component";
        rows.execute();
        for (auto& row : Poco::Data::RecordSet(rows))
            records[row[0].convert<std::string>()] = {row[1].convert<std::string>(),
                                                      row[2].convert<std::string>(),
                                                      row[3].convert<std::string>(),
                                                      row[4].convert<std::string>(),
                                                      {}};
        Poco::Data::Statement marks(impl_->session);
        marks << "SELECT component, digest FROM quarantine ORDER BY digest";
        marks.execute();
        for (auto& row : Poco::Data::RecordSet(marks))
            records[row[0].convert<std::string>()].quarantined.push_back(
                row[1].convert<std::string>());
        return records;
    });
}

Result<> Database::save_component(const std::string& name, const ComponentRecord& record) {
    return guarded(impl_->path, "save a component", [&] {
        auto key = name;
        auto copy = record;
        impl_->session.begin();
        impl_->session << "INSERT OR REPLACE INTO component VALUES (?, ?, ?, ?, ?)", use(key),
            use(copy.approved), use(copy.why), use(copy.activated), use(copy.activating), now;
        impl_->session << "DELETE FROM quarantine WHERE component = ?", use(key), now;
        for (auto& digest : copy.quarantined)
            impl_->session << "INSERT INTO quarantine VALUES (?, ?)", use(key), use(digest), now;
        impl_->session.commit();
    });
}

Result<std::map<std::string, ServiceRecord>> Database::services() {
    return guarded(impl_->path, "read the services", [&] {
        std::map<std::string, ServiceRecord> records;
        Poco::Data::Statement rows(impl_->session);
        rows << "SELECT name, stopped_by_operator, pid FROM service";
        rows.execute();
        for (auto& row : Poco::Data::RecordSet(rows))
            records[row[0].convert<std::string>()] = {
                row[1].convert<int>() != 0, row[2].convert<std::int64_t>(), {}, {}};
        Poco::Data::Statement runs(impl_->session);
        runs << "SELECT service, component, digest, next FROM runs";
        runs.execute();
        for (auto& row : Poco::Data::RecordSet(runs)) {
            auto& record = records[row[0].convert<std::string>()];
            record.runs[row[1].convert<std::string>()] = row[2].convert<std::string>();
            record.runs_next[row[1].convert<std::string>()] = row[3].convert<std::string>();
        }
        return records;
    });
}

Result<> Database::save_service(const std::string& name, const ServiceRecord& record) {
    return guarded(impl_->path, "save a service", [&] {
        auto key = name;
        int stopped = record.stopped_by_operator ? 1 : 0;
        Poco::Int64 pid = record.pid;
        impl_->session.begin();
        impl_->session << "INSERT OR REPLACE INTO service VALUES (?, ?, ?)", use(key), use(stopped),
            use(pid), now;
        impl_->session << "DELETE FROM runs WHERE service = ?", use(key), now;
        auto runs = record.runs;
        for (const auto& [component, next] : record.runs_next) runs.try_emplace(component);
        for (auto& [component, digest] : runs) {
            auto part = component;
            const auto found = record.runs_next.find(component);
            auto next = found == record.runs_next.end() ? std::string() : found->second;
            impl_->session << "INSERT INTO runs VALUES (?, ?, ?, ?)", use(key), use(part),
                use(digest), use(next), now;
        }
        impl_->session.commit();
    });
}

Result<> Database::add_history(const HistoryEntry& entry) {
    return guarded(impl_->path, "add to the history", [&] {
        auto copy = entry;
        Poco::Int64 time_ns = entry.time.time_since_epoch().count();
        impl_->session.begin();
        impl_->session << "INSERT INTO history (time_ns, kind, name, event, from_digest, to_digest,"
                          " why) VALUES (?, ?, ?, ?, ?, ?, ?)",
            use(time_ns), use(copy.kind), use(copy.name), use(copy.event), use(copy.from),
            use(copy.to), use(copy.why), now;
        impl_->session << fmt::format(
            "DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - {}", history_limit),
            now;
        impl_->session.commit();
    });
}

Result<std::vector<HistoryEntry>> Database::history(const std::string& name, std::size_t limit) {
    return guarded(impl_->path, "read the history", [&] {
        auto wanted = name;
        Poco::Int64 most = static_cast<Poco::Int64>(std::min(limit, history_limit));
        Poco::Data::Statement rows(impl_->session);
        rows << "SELECT * FROM (SELECT id, time_ns, kind, name, event, from_digest, to_digest, why"
                " FROM history WHERE ? = '' OR name = ? ORDER BY id DESC LIMIT ?) ORDER BY id",
            use(wanted), use(wanted), use(most);
        rows.execute();
        std::vector<HistoryEntry> entries;
        for (auto& row : Poco::Data::RecordSet(rows)) {
            const auto text = [&row](std::size_t column) {
                return row[column].convert<std::string>();
            };
            entries.push_back({row[0].convert<std::int64_t>(),
                               base::UnixTime(base::Nanoseconds(row[1].convert<std::int64_t>())),
                               text(2), text(3), text(4), text(5), text(6), text(7)});
        }
        return entries;
    });
}

} // namespace cmw::state
