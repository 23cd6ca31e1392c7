// SPDX-License-Identifier: Apache-2.0
//
// What the database keeps of components.
#include "state/database_impl.hpp"

#include <Poco/Data/RecordSet.h>
#include <Poco/Data/Transaction.h>

namespace cmw::state {

using namespace Poco::Data::Keywords;
using base::Result;

namespace {

/// Rows of one column that belong to a name, in the order of `place`.
using Lists = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

Lists read_lists(Poco::Data::Session& session) {
    Lists lists;
    Poco::Data::Statement rows(session);
    rows << "SELECT component, list, value FROM component_list ORDER BY component, list, place";
    rows.execute();
    for (auto& row : Poco::Data::RecordSet(rows))
        lists[{row[0].convert<std::string>(), row[1].convert<std::string>()}].push_back(
            row[2].convert<std::string>());
    return lists;
}

void save_list(Poco::Data::Session& session, std::string component, std::string list,
               std::vector<std::string> values) {
    session << "DELETE FROM component_list WHERE component = ? AND list = ?", use(component),
        use(list), now;
    int place = 0;
    for (auto& value : values) {
        session << "INSERT INTO component_list VALUES (?, ?, ?, ?)", use(component), use(list),
            use(place), use(value), now;
        ++place;
    }
}

void read_quarantine(Poco::Data::Session& session,
                     std::map<std::string, ComponentRecord>& records) {
    Poco::Data::Statement marks(session);
    marks << "SELECT component, digest, cause FROM quarantine";
    marks.execute();
    for (auto& row : Poco::Data::RecordSet(marks))
        records[row[0].convert<std::string>()].quarantined[row[1].convert<std::string>()].cause =
            row[2].convert<std::string>();
    Poco::Data::Statement members(session);
    members << "SELECT component, digest, member, member_digest FROM quarantine_set";
    members.execute();
    for (auto& row : Poco::Data::RecordSet(members))
        records[row[0].convert<std::string>()]
            .quarantined[row[1].convert<std::string>()]
            .set[row[2].convert<std::string>()] = row[3].convert<std::string>();
}

void save_quarantine(Poco::Data::Session& session, std::string component,
                     const std::map<std::string, QuarantineRecord>& quarantined) {
    session << "DELETE FROM quarantine WHERE component = ?", use(component), now;
    session << "DELETE FROM quarantine_set WHERE component = ?", use(component), now;
    for (const auto& [name, cause] : quarantined) {
        auto digest = name;
        auto mark = cause;
        session << "INSERT INTO quarantine (component, digest, cause) VALUES (?, ?, ?)",
            use(component), use(digest), use(mark.cause), now;
        for (auto& [other, member_digest] : mark.set) {
            auto member = other;
            session << "INSERT INTO quarantine_set VALUES (?, ?, ?, ?)", use(component),
                use(digest), use(member), use(member_digest), now;
        }
    }
}

/// Within a transaction of the caller's.
void save_component(Poco::Data::Session& session, std::string name, ComponentRecord record) {
    Poco::Int64 approved_at = record.approved_at.time_since_epoch().count();
    session << "INSERT OR REPLACE INTO component (name, approved, approved_by, approved_at_ns, why,"
               " activated, activating, pinned, held, returned, agreed, ordered_by)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        use(name), use(record.approved), use(record.approved_by), use(approved_at), use(record.why),
        use(record.activated), use(record.activating), use(record.pinned), use(record.held),
        use(record.returned), use(record.agreed), use(record.ordered_by), now;
    save_quarantine(session, name, record.quarantined);
    save_list(session, name, "previous", record.previous);
    save_list(session, name, "together", record.together);
    save_list(session, name, "locations", record.locations);
}

} // namespace

Result<std::map<std::string, ComponentRecord>> Database::components() {
    return guarded(impl_->path, "read the components", [&] {
        std::map<std::string, ComponentRecord> records;
        Poco::Data::Statement rows(impl_->session);
        rows << "SELECT name, approved, approved_by, approved_at_ns, why, activated, activating,"
                " pinned, held, returned, agreed, ordered_by FROM component";
        rows.execute();
        for (auto& row : Poco::Data::RecordSet(rows)) {
            const auto text = [&row](std::size_t column) {
                return row[column].convert<std::string>();
            };
            records[text(0)] = {text(1),  text(2),  time_of(row[3].convert<std::int64_t>()),
                                text(4),  text(5),  text(6),
                                text(7),  text(8),  text(9),
                                text(10), text(11), {},
                                {},       {},       {}};
        }
        read_quarantine(impl_->session, records);
        auto lists = read_lists(impl_->session);
        for (auto& [name, record] : records) {
            record.previous = lists[{name, "previous"}];
            record.together = lists[{name, "together"}];
            record.locations = lists[{name, "locations"}];
        }
        return records;
    });
}

Result<> Database::save_components(const std::map<std::string, ComponentRecord>& records) {
    return guarded(impl_->path, "save a component", [&] {
        Poco::Data::Transaction change(impl_->session);
        for (const auto& [name, record] : records) save_component(impl_->session, name, record);
        change.commit();
    });
}

} // namespace cmw::state
