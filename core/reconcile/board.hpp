// SPDX-License-Identifier: Apache-2.0
//
// reconcile/board.hpp - what the reconciler knows and works with; its own parts share it.
#pragma once

#include "base/backoff.hpp"
#include "base/helper.hpp"
#include "binary_store/activation.hpp"
#include "reconcile/reconciler.hpp"

#include <list>
#include <random>

namespace cmw::reconcile {

/// What is kept of a component beside its facts.
struct ComponentWork {
    const config::ComponentSettings* settings = nullptr;
    binary_store::Target target;
    state::ComponentRecord record;
    unsigned failures = 0; ///< In a row, of fetch, stage or activation.
    unsigned mistakes = 0; ///< In a row, of what would most likely fail again just so.
    std::optional<Digest> fetching;
    bool news_of_source = false; ///< It asked for another try while one was under way.
    unsigned ahead_failures = 0;
    std::shared_ptr<binary_store::Progress> progress;
    /// The installed file, as it was last hashed.
    std::optional<binary_store::VerifiedFile> verified;
    /// The installed file just after a swap of what was verified when staged: good for one start.
    std::optional<binary_store::FileIdentity> swapped;
    std::optional<binary_store::VerifiedFile> staged;
};

/// What is kept of a service beside its facts.
struct ServiceWork {
    supervisor::Service* service = nullptr;
    state::ServiceRecord record;
    std::function<void()> on_change;           ///< While its new files are on trial.
    std::optional<base::Monotonic> window_end; ///< Of that trial.
};

struct Board : std::enable_shared_from_this<Board> {
    explicit Board(Reconciler::Parts p) : parts(std::move(p)) {}

    Reconciler::Parts parts;
    Facts facts;
    std::map<std::string, ComponentWork> components;
    std::map<std::string, ServiceWork> services;
    std::function<void()> replan; ///< Soon, on the loop; many calls are one.
    std::unique_ptr<base::Worker> worker = std::make_unique<base::Worker>("files");
    std::minstd_rand random{std::random_device{}()};
    std::vector<state::HistoryEntry> unwritten;
    unsigned history_holds = 0;                       ///< While not 0 nothing is written.
    std::map<std::string, state::TrialRecord> trials; ///< As saved.
    std::set<std::string> taken_up;                   ///< Trials of this host's.
    base::Cancel cancel;                              ///< Of all helpers.
    std::list<std::shared_ptr<base::Worker>> helpers; ///< One thread for each that runs.
    bool ending = false;                              ///< Nothing is to be started any more.
    base::Backoff backoff{std::chrono::seconds(2), std::chrono::minutes(5), 2.0, 0.2};
    /// After a whole artifact that was not the approved one: each try costs a download.
    base::Backoff slow_backoff{std::chrono::minutes(1), std::chrono::hours(1), 2.0, 0.2};
    base::Backoff ahead_backoff{std::chrono::seconds(30), std::chrono::hours(1), 2.0, 0.2};

    ComponentFacts& component(const std::string& name);
    ServiceFacts& service(const std::string& name);
    /// Whether it is on its way for any component, wanted or ahead. When that ends there is a new plan.
    bool is_fetching(const Digest& digest) const;

    void log(std::uint32_t level, const std::string& line) const { parts.log(level, line); }
    /// Written soon, not now: this may lie between a stop and a start.
    void remember(state::HistoryEntry entry);
    void write_history();
    /// While a program is down: writes to the disk would run beside its start.
    void hold_history() { ++history_holds; }
    void release_history();
    /// If what is installed is what is wanted, then it counts as activated, whoever put it there.
    void note_in_place(const std::string& component);
    void save(const std::string& component) { save(std::set{component}); }
    /// What changed together, in one: a kill leaves all of it or nothing.
    void save(const std::set<std::string>& components);
    void save_service(const std::string& service);
    void save_trial(const std::string& name, const state::TrialRecord& record);
    void end_trial(const std::string& name);
    bool on_trial(const std::string& component) const;

    /// Runs a program of the operator's beside the loop; `done` on the loop, unless the board is
    /// closed. Killed when the host ends or reads another configuration.
    void run_helper(base::Helper helper, std::function<void(const base::HelperEnd&)> done);

    /// A try failed: shown, remembered when it is news, and repeated later.
    enum class Again { soon, much_later };
    void failed(const std::string& component, const base::Problem& problem,
                Again again = Again::soon);
    void succeeded(const std::string& component);
    /// What failed of it before counts no more: it is tried at once.
    void forgive(const std::string& component);

    /// The reconciler ends. What still comes back, and what still holds the board, does nothing: the
    /// settings and the database may be gone.
    void close();
    /// The board, unless it is gone or closed.
    static std::shared_ptr<Board> open(const std::weak_ptr<Board>& weak) {
        const auto board = weak.lock();
        return board && board->worker ? board : nullptr;
    }

    /// Runs `work` on the worker and `done` with its result on the loop, unless the board is closed.
    template <class T>
    void on_worker(std::function<T()> work, std::function<void(T)> done) {
        if (!worker) return;
        worker->post([weak = weak_from_this(), &loop = parts.loop, work = std::move(work),
                      done = std::move(done)]() mutable {
            auto result = std::make_shared<T>(work());
            loop.post([weak, done = std::move(done), result] {
                if (const auto alive = open(weak)) done(std::move(*result));
            });
        });
    }
};

/// Carries out Step::Do::activate: verify what is staged, save what is about to happen, stop, swap,
/// start, commit; or put the old set back. Ends by itself, with a new plan.
void activate(const std::shared_ptr<Board>& board, const Step& step);

/// Takes up what an earlier host left on trial, once its files and services are looked at.
void resume_trials(const std::shared_ptr<Board>& board);

/// Step::Do::inspect, fetch, fetch_ahead and stage.
void inspect(const std::shared_ptr<Board>& board, const std::string& component);
void fetch(const std::shared_ptr<Board>& board, const std::string& component, const Digest& digest);
void fetch_ahead(const std::shared_ptr<Board>& board, const std::string& component,
                 const Digest& digest);
void stage(const std::shared_ptr<Board>& board, const std::string& component, const Digest& digest);

/// Drops from the store what is neither in use nor to be kept by the configuration, on the worker;
/// history tells what.
void cleanup(const std::shared_ptr<Board>& board);
/// All that must not be dropped, whatever the configuration says.
std::set<Digest> in_use(const Board& board);
/// The store notes that `digest` was fetched or activated for the component, on the worker.
void note_use(const std::shared_ptr<Board>& board, const std::string& component,
              const Digest& digest);

/// Before each start of a service: its installed files are hashed, unless they are unchanged since
/// they were, and must be a set that may be started.
void verify_service(const std::shared_ptr<Board>& board, const std::string& service,
                    std::function<void(base::Result<>)> done);

} // namespace cmw::reconcile
