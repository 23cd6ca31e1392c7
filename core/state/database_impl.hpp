// SPDX-License-Identifier: Apache-2.0
//
// state/database_impl.hpp - the database's inside; for the other files of this folder.
#pragma once

#include "state/database.hpp"

#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>
#include <Poco/Exception.h>
#include <fmt/format.h>

namespace cmw::state {

struct Database::Impl {
    std::string path;
    Poco::Data::Session session;
};

inline base::UnixTime time_of(std::int64_t nanoseconds) {
    return base::UnixTime(base::Nanoseconds(nanoseconds));
}

/// A row of history, within a change of the caller's. Throws what Poco does.
void insert_history(Poco::Data::Session& session, const HistoryEntry& entry);

/// Runs `work` and turns what Poco throws into a Problem: exceptions of the library end here.
template <class Work>
auto guarded(const std::string& path, std::string_view verb, Work work)
    -> base::Result<decltype(work())> {
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

} // namespace cmw::state
