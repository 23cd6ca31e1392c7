// SPDX-License-Identifier: Apache-2.0
//
// reconcile/activation.hpp - one set of files on its way into use; for activate*.cpp.
//
//   hooks before -> staged files verified -> trial runs -> intent saved          (old one runs)
//   -> stop -> swap -> start                                                      (downtime)
//   -> window -> committed -> hooks after
//      or: quarantined, decision saved -> stop -> files before put back -> start
//
// Whatever instant the host is killed at, the next one takes it up: with nothing swapped the plan
// begins anew, with a part of the set swapped it swaps the rest, with all of it the window goes on,
// with a decision to put the set back that is completed. While it lasts its components are busy.
#pragma once

#include "reconcile/board.hpp"

namespace cmw::reconcile {

class Activation : public std::enable_shared_from_this<Activation> {
  public:
    Activation(std::shared_ptr<Board> board, Step step)
        : board_(std::move(board)), step_(std::move(step)) {}

    /// Carries out the step.
    void begin();
    /// Takes up the trial of an earlier host, whose files are all in place.
    void resume(const std::string& trial);

  private:
    struct Change {
        std::optional<Digest> before; ///< To go back to.
        Digest after;
        bool swapped = false; ///< And `before` is kept beside it.
        /// `after` is what was activated last, and `before` a damaged file: it is not to blame if the
        /// set fails, and never put back.
        bool repairs = false;
    };
    using Services = std::vector<std::string>;
    using Next = std::function<void(std::optional<base::Problem>)>;

    // activate.cpp: up to the start. activate_resume.cpp: take_up() of another host's.
    Change change_of(const std::string& component, std::optional<Digest> before, Digest after,
                     bool swapped) const;
    void take_up();
    void join_trial();
    void check_staged();
    void save_intent();
    void stop_services();
    void swap_files();
    void note_swapped(const std::string& name);
    void start_services();
    void start_all(const Services& names, Next next);
    void stop_all(const Services& names, Next next);
    void down();
    void up_again();

    // activate_prepare.cpp: hooks and trial runs.
    void run_hooks_before();
    void run_hook(const Services& services, std::size_t at, bool before, Next next);
    void run_probes();
    void run_probe(const Services& components, std::size_t at);
    void refuse(const std::string& component, const std::string& why);
    base::Helper hook_of(const std::string& service, bool before) const;

    // activate_trial.cpp: from the start to the commit.
    void started(const std::optional<base::Problem>& problem);
    void watch();
    void judge();
    std::string why_failed(const std::string& service) const;
    void committed();
    void commit();

    // activate_back.cpp: the other ends.
    void roll_back(const base::Problem& problem);
    void put_back(const base::Problem& problem);
    void restore_files();
    void rolled_back(const base::Problem& problem, const std::optional<base::Problem>& again);
    void keep_repairs();
    void give_up(const base::Problem& problem);
    void abandon();
    void finish();

    std::set<std::string> names() const;
    void quarantine_set();
    std::string down_for() const;
    bool still_wanted() const;
    Services services_of_the_set() const;
    Services services_upgraded() const;
    void tell(const std::string& component, const std::string& event, const std::string& why);

    std::shared_ptr<Board> board_;
    Step step_;
    std::map<std::string, Change> set_;         ///< By component.
    std::string trial_;                         ///< Its name in the state; "": none.
    Services judged_;                           ///< Must run well with the set: see was_well().
    std::map<std::string, std::string> probed_; ///< What trial runs said.
    std::optional<base::Monotonic> down_since_; ///< While nothing runs.
    std::optional<base::Nanoseconds> downtime_; ///< Of the last time.
    base::EventLoop::Handle timer_;
    bool watching_ = false;
};

} // namespace cmw::reconcile
