// SPDX-License-Identifier: Apache-2.0
//
// What the database keeps of the network's orders.
#include "state/database_impl.hpp"

#include <Poco/Data/RecordSet.h>
#include <Poco/Data/Transaction.h>

namespace cmw::state {

using namespace Poco::Data::Keywords;
using base::Result;

namespace {

constexpr std::int64_t no_sequence = -1;

void read_standing(Poco::Data::Session& session, std::string name, OrderSource& source) {
    Poco::Data::Statement rows(session);
    rows << "SELECT newest, sequence FROM order_source WHERE name = ?", use(name);
    rows.execute();
    for (auto& row : Poco::Data::RecordSet(rows)) {
        source.newest = row[0].convert<double>();
        if (const auto sequence = row[1].convert<std::int64_t>(); sequence != no_sequence)
            source.sequence = sequence;
    }
}

void save_standing(Poco::Data::Session& session, std::string name, double newest,
                   Poco::Int64 sequence) {
    session << "INSERT OR REPLACE INTO order_source VALUES (?, ?, ?)", use(name), use(newest),
        use(sequence), now;
}

/// Only what is done may go; what goes was taken first.
void drop_oldest(Poco::Data::Session& session, std::string source) {
    Poco::Int64 limit = Database::order_limit;
    session << "DELETE FROM order_set WHERE source = ? AND outcome <> '' AND id NOT IN"
               " (SELECT id FROM order_set WHERE source = ? ORDER BY id DESC LIMIT ?)",
        use(source), use(source), use(limit), now;
}

} // namespace

Result<OrderSource> Database::order_source(const std::string& name) {
    return guarded(impl_->path, "read the orders", [&] {
        OrderSource source;
        read_standing(impl_->session, name, source);
        auto wanted = name;
        Poco::Data::Statement rows(impl_->session);
        rows << "SELECT digest, file, line, step, until_ns, approved, outcome FROM order_set"
                " WHERE source = ? ORDER BY id",
            use(wanted);
        rows.execute();
        for (auto& row : Poco::Data::RecordSet(rows)) {
            const auto text = [&row](std::size_t column) {
                return row[column].convert<std::string>();
            };
            source.sets.push_back({text(0), text(1), text(2), row[3].convert<std::int64_t>(),
                                   time_of(row[4].convert<std::int64_t>()),
                                   row[5].convert<int>() != 0, text(6)});
        }
        return source;
    });
}

Result<> Database::begin_orders(const std::string& source, double newest) {
    return guarded(impl_->path, "save the orders",
                   [&] { save_standing(impl_->session, source, newest, no_sequence); });
}

Result<> Database::take_order(const std::string& source, const OrderRecord& record, double newest,
                              std::optional<std::int64_t> sequence, const HistoryEntry& told) {
    return guarded(impl_->path, "save an order", [&] {
        Poco::Data::Transaction change(impl_->session);
        auto name = source;
        auto copy = record;
        save_standing(impl_->session, name, newest, sequence.value_or(no_sequence));
        impl_->session << "INSERT INTO order_set (source, digest, file, line, step, until_ns,"
                          " approved, outcome) VALUES (?, ?, ?, ?, 0, 0, 0, '')",
            use(name), use(copy.digest), use(copy.file), use(copy.line), now;
        drop_oldest(impl_->session, name);
        insert_history(impl_->session, told);
        change.commit();
    });
}

Result<> Database::save_order(const std::string& source, const OrderRecord& record,
                              const std::optional<HistoryEntry>& told) {
    return guarded(impl_->path, "save an order", [&] {
        Poco::Data::Transaction change(impl_->session);
        auto name = source;
        auto copy = record;
        Poco::Int64 until = copy.until.time_since_epoch().count();
        int approved = copy.approved ? 1 : 0;
        impl_->session << "UPDATE order_set SET step = ?, until_ns = ?, approved = ?, outcome = ?"
                          " WHERE source = ? AND digest = ?",
            use(copy.step), use(until), use(approved), use(copy.outcome), use(name),
            use(copy.digest), now;
        if (told) insert_history(impl_->session, *told);
        change.commit();
    });
}

Result<bool> Database::refuse_order(const std::string& source, const std::string& digest,
                                    const std::string& why, const HistoryEntry& told) {
    return guarded(impl_->path, "save a refused order", [&] {
        Poco::Data::Transaction change(impl_->session);
        auto name = source;
        auto what = digest;
        auto reason = why;
        std::size_t known = 0;
        impl_->session << "SELECT count(*) FROM order_refused WHERE source = ? AND digest = ?"
                          " AND why = ?",
            into(known), use(name), use(what), use(reason), now;
        if (known != 0) return false;
        Poco::Int64 limit = refusal_limit;
        impl_->session << "INSERT INTO order_refused (source, digest, why) VALUES (?, ?, ?)",
            use(name), use(what), use(reason), now;
        impl_->session << "DELETE FROM order_refused WHERE source = ? AND id NOT IN"
                          " (SELECT id FROM order_refused WHERE source = ?"
                          " ORDER BY id DESC LIMIT ?)",
            use(name), use(name), use(limit), now;
        insert_history(impl_->session, told);
        change.commit();
        return true;
    });
}

} // namespace cmw::state
