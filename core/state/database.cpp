// SPDX-License-Identifier: Apache-2.0
#include "state/database_impl.hpp"

#include "base/system.hpp"
#include "state/schema.hpp"

#include <Poco/Data/RecordSet.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/SQLiteException.h>
#include <Poco/Data/Transaction.h>
#include <Poco/URI.h>

namespace cmw::state {

using namespace Poco::Data::Keywords;
using base::Result;

namespace {

/// Nobody else has it open, so what fails will fail again: Poco would try for a minute.
constexpr std::size_t open_timeout_s = 1;

} // namespace

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

Result<Database> Database::open(const std::string& path, bool& damaged) {
    Poco::Data::SQLite::Connector::registerConnector();
    return guarded(path, "open the state", [&] {
        try {
            Poco::Data::Session session("SQLite", path, open_timeout_s);
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

Result<Database> Database::open_to_read(const std::string& path) {
    Poco::Data::SQLite::Connector::registerConnector();
    return guarded(path, "read the state", [&] {
        std::string name;
        Poco::URI::encode(path, "?#", name);
        // A host that ended in order left no log beside it; then no file is made to read it.
        const auto* how = base::sys::stat(path + "-wal") ? "?mode=ro" : "?mode=ro&immutable=1";
        Poco::Data::Session session("SQLite", "file:" + name + how, open_timeout_s);
        check_history(session);
        return Database(std::make_unique<Impl>(Impl{path, std::move(session)}));
    });
}

Result<std::string> Database::host_value(const std::string& key) {
    return guarded(impl_->path, "read a value", [&] {
        auto wanted = key;
        std::string value;
        impl_->session << "SELECT value FROM host WHERE key = ?", use(wanted), into(value), now;
        return value;
    });
}

Result<> Database::save_host_value(const std::string& key, const std::string& value) {
    return guarded(impl_->path, "save a value", [&] {
        auto name = key;
        auto copy = value;
        impl_->session << "INSERT OR REPLACE INTO host VALUES (?, ?)", use(name), use(copy), now;
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
        Poco::Data::Transaction change(impl_->session);
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
        change.commit();
    });
}

void insert_history(Poco::Data::Session& session, const HistoryEntry& entry) {
    auto copy = entry;
    Poco::Int64 time_ns = entry.time.time_since_epoch().count();
    Poco::Int64 downtime = entry.downtime ? entry.downtime->count() : -1;
    session << "INSERT INTO history (time_ns, kind, name, event, from_digest, to_digest, why,"
               " ordered_by, downtime_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        use(time_ns), use(copy.kind), use(copy.name), use(copy.event), use(copy.from), use(copy.to),
        use(copy.why), use(copy.by), use(downtime), now;
    session << fmt::format("DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - {}",
                           Database::history_limit),
        now;
}

Result<> Database::add_history(const HistoryEntry& entry) {
    return guarded(impl_->path, "add to the history", [&] {
        Poco::Data::Transaction change(impl_->session);
        insert_history(impl_->session, entry);
        change.commit();
    });
}

Result<std::vector<HistoryEntry>> Database::history(const std::string& name, std::size_t limit) {
    return guarded(impl_->path, "read the history", [&] {
        auto wanted = name;
        Poco::Int64 most = static_cast<Poco::Int64>(std::min(limit, history_limit));
        Poco::Data::Statement rows(impl_->session);
        rows << "SELECT * FROM (SELECT id, time_ns, kind, name, event, from_digest, to_digest, why,"
                " ordered_by, downtime_ns FROM history WHERE ? = '' OR name = ? ORDER BY id DESC "
                "LIMIT ?) ORDER BY id",
            use(wanted), use(wanted), use(most);
        rows.execute();
        std::vector<HistoryEntry> entries;
        for (auto& row : Poco::Data::RecordSet(rows)) {
            const auto text = [&row](std::size_t column) {
                return row[column].convert<std::string>();
            };
            const auto downtime = row[9].convert<std::int64_t>();
            entries.push_back(
                {row[0].convert<std::int64_t>(), time_of(row[1].convert<std::int64_t>()), text(2),
                 text(3), text(4), text(5), text(6), text(7), text(8),
                 downtime < 0 ? std::nullopt : std::optional(base::Nanoseconds(downtime))});
        }
        return entries;
    });
}

} // namespace cmw::state
