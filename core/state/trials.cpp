// SPDX-License-Identifier: Apache-2.0
//
// What the database keeps of sets of files on trial.
#include "state/database_impl.hpp"

#include <Poco/Data/RecordSet.h>

namespace cmw::state {

using namespace Poco::Data::Keywords;
using base::Result;

namespace {

void remove_trial(Poco::Data::Session& session, std::string& name) {
    for (const auto* statement :
         {"DELETE FROM trial WHERE name = ?", "DELETE FROM trial_change WHERE trial = ?",
          "DELETE FROM trial_service WHERE trial = ?"})
        session << statement, use(name), now;
}

} // namespace

Result<std::map<std::string, TrialRecord>> Database::trials() {
    return guarded(impl_->path, "read the trials", [&] {
        std::map<std::string, TrialRecord> records;
        Poco::Data::Statement rows(impl_->session);
        rows << "SELECT name, failed, starts FROM trial";
        rows.execute();
        for (auto& row : Poco::Data::RecordSet(rows)) {
            auto& record = records[row[0].convert<std::string>()];
            record.failed = row[1].convert<std::string>();
            record.starts = row[2].convert<std::int64_t>();
        }
        Poco::Data::Statement changes(impl_->session);
        changes << "SELECT trial, component, before, after FROM trial_change";
        changes.execute();
        for (auto& row : Poco::Data::RecordSet(changes))
            records[row[0].convert<std::string>()].changes[row[1].convert<std::string>()] = {
                row[2].convert<std::string>(), row[3].convert<std::string>()};
        Poco::Data::Statement services(impl_->session);
        services << "SELECT trial, service, stdout_at, stderr_at FROM trial_service";
        services.execute();
        for (auto& row : Poco::Data::RecordSet(services))
            records[row[0].convert<std::string>()].services[row[1].convert<std::string>()] = {
                row[2].convert<std::int64_t>(), row[3].convert<std::int64_t>()};
        return records;
    });
}

Result<> Database::save_trial(const std::string& name, const TrialRecord& record) {
    return guarded(impl_->path, "save a trial", [&] {
        auto& session = impl_->session;
        auto key = name;
        auto failed = record.failed;
        Poco::Int64 starts = record.starts;
        session.begin();
        remove_trial(session, key);
        session << "INSERT INTO trial VALUES (?, ?, ?)", use(key), use(failed), use(starts), now;
        for (const auto& [component, change] : record.changes) {
            auto part = component;
            auto digests = change;
            session << "INSERT INTO trial_change VALUES (?, ?, ?, ?)", use(key), use(part),
                use(digests.before), use(digests.after), now;
        }
        for (const auto& [service, output] : record.services) {
            auto part = service;
            Poco::Int64 stdout_at = output.stdout_at;
            Poco::Int64 stderr_at = output.stderr_at;
            session << "INSERT INTO trial_service VALUES (?, ?, ?, ?)", use(key), use(part),
                use(stdout_at), use(stderr_at), now;
        }
        session.commit();
    });
}

Result<> Database::end_trial(const std::string& name) {
    return guarded(impl_->path, "end a trial", [&] {
        auto key = name;
        impl_->session.begin();
        remove_trial(impl_->session, key);
        impl_->session.commit();
    });
}

} // namespace cmw::state
