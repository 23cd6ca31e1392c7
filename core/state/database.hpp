// SPDX-License-Identifier: Apache-2.0
//
// state/database.hpp - the host's memory: <state-dir>/state.db, SQLite through Poco::Data.
//
// Each function is one transaction, durable when it returns (write-ahead log, synchronous FULL).
// What must not be lost (programs, installed files, log cursors) does not live in it alone.
// Belongs to the loop's thread.
#pragma once

#include "base/problem.hpp"
#include "state/history.hpp"
#include "state/orders.hpp"

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace cmw::state {

/// Why a digest is not to be activated.
struct QuarantineRecord {
    std::string cause = "failed";           ///< Or "rolled-back".
    std::map<std::string, std::string> set; ///< What failed or was left together: by component.

    bool operator==(const QuarantineRecord&) const = default;
};

/// What is known of a component over restarts. Digests by name ("blake2s-256-<hex>"), "" if none.
struct ComponentRecord {
    std::string approved;    ///< The last digest that consensus approved.
    std::string approved_by; ///< The sources that said so: "chain, mirror".
    base::UnixTime approved_at{};
    std::string why;        ///< Where from: "chain at block 123".
    std::string activated;  ///< The last digest that we put in place.
    std::string activating; ///< The one that we were about to; "" once it is activated.
    std::string pinned;     ///< What the operator ordered, and who it was.
    std::string held;
    std::string returned;
    std::string agreed;
    std::string ordered_by;
    std::map<std::string, QuarantineRecord> quarantined; ///< By digest.
    std::vector<std::string> previous;                   ///< Activated before, newest first.
    std::vector<std::string>
        together; ///< The components that were activated with it, the last time.
    std::vector<std::string> locations; ///< URLs of the approved one.

    bool operator==(const ComponentRecord&) const = default;
};

/// What is known of a service over restarts. A program that an earlier host started is found by its
/// runner; which files it runs is told by its pid: with the pid saved here it runs `runs`, with any
/// other it was started after the last save, and runs `runs_next`.
struct ServiceRecord {
    bool stopped_by_operator = false; ///< Stays stopped over a restart of the host.
    std::int64_t pid = 0;
    std::map<std::string, std::string> runs;      ///< Component to digest, "" if none.
    std::map<std::string, std::string> runs_next; ///< Saved before the old program is stopped.

    bool operator==(const ServiceRecord&) const = default;
};

/// A set of files that was put in place and may still be put back. Saved before the old program is
/// stopped, gone once it is decided.
struct TrialRecord {
    struct Change {
        std::string before; ///< Digest by name; "": there was no file.
        std::string after;

        bool operator==(const Change&) const = default;
    };
    struct Output { ///< Where the files of its output ended then.
        std::int64_t stdout_at = 0;
        std::int64_t stderr_at = 0;

        bool operator==(const Output&) const = default;
    };
    std::map<std::string, Change> changes;  ///< By component.
    std::map<std::string, Output> services; ///< Those that must run well with it.
    std::string failed;                     ///< Why the set is being put back; "" while on trial.
    std::int64_t starts = 0;                ///< How often its services were started for it.

    bool operator==(const TrialRecord&) const = default;
};

class Database {
  public:
    /// Made if it is missing, and brought up to this program's version if it is older, all or
    /// nothing; a damaged or newer one is a problem.
    static base::Result<Database> open(const std::string& path);
    /// The same, but a damaged one is moved aside and made anew; then `notice` is not empty: tell
    /// the operator.
    static base::Result<Database> open_or_begin_anew(const std::string& path, std::string& notice);
    /// The state of a host that does not run, for history() alone: nothing is written or upgraded.
    static base::Result<Database> open_to_read(const std::string& path);
    ~Database();
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;

    base::Result<std::map<std::string, ComponentRecord>> components();
    /// All or none: what changed together is known together.
    base::Result<> save_components(const std::map<std::string, ComponentRecord>& records);
    /// A value that belongs to the host as a whole; "" if it was never saved.
    base::Result<std::string> host_value(const std::string& key);
    base::Result<> save_host_value(const std::string& key, const std::string& value);

    base::Result<std::map<std::string, ServiceRecord>> services();
    base::Result<> save_service(const std::string& name, const ServiceRecord& record);

    base::Result<std::map<std::string, TrialRecord>> trials();
    base::Result<> save_trial(const std::string& name, const TrialRecord& record);
    base::Result<> end_trial(const std::string& name);

    /// What is known of a command source; one that was never saved has newest 0 and no sets.
    base::Result<OrderSource> order_source(const std::string& name);
    /// Saves where a source stands, before it brought anything.
    base::Result<> begin_orders(const std::string& source, double newest);
    /// Takes a set: it is the source's newest from now on. With it goes what is done of the oldest.
    /// Here and below `told` goes into the history with it: both are saved, or neither.
    base::Result<> take_order(const std::string& source, const OrderRecord& record, double newest,
                              std::optional<std::int64_t> sequence, const HistoryEntry& told);
    /// How far a set is carried out.
    base::Result<> save_order(const std::string& source, const OrderRecord& record,
                              const std::optional<HistoryEntry>& told = {});
    /// Whether it is new that this file was refused for this; the last `refusal_limit` are known.
    base::Result<bool> refuse_order(const std::string& source, const std::string& digest,
                                    const std::string& why, const HistoryEntry& told);

    static constexpr std::size_t order_limit = 200; ///< Sets that are done, of one source.
    static constexpr std::size_t refusal_limit = 200;

    /// Adds an entry (its id is ignored) and drops the oldest beyond `history_limit`.
    base::Result<> add_history(const HistoryEntry& entry);
    /// The newest `limit` entries, oldest first; of one component or service if `name` is not "".
    base::Result<std::vector<HistoryEntry>> history(const std::string& name, std::size_t limit);

    static constexpr std::size_t history_limit = 100'000;

  private:
    struct Impl;
    static base::Result<Database> open(const std::string& path, bool& damaged);
    explicit Database(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace cmw::state
