// SPDX-License-Identifier: Apache-2.0
#include "reconcile/board.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>

namespace cmw::reconcile {

ComponentFacts& Board::component(const std::string& name) {
    return *std::ranges::find(facts.components, name, &ComponentFacts::name);
}

ServiceFacts& Board::service(const std::string& name) {
    return *std::ranges::find(facts.services, name, &ServiceFacts::name);
}

bool Board::is_fetching(const Digest& digest) const {
    return std::ranges::any_of(components,
                               [&](const auto& c) { return c.second.fetching == digest; }) ||
           std::ranges::any_of(facts.components, [&](const auto& c) { return c.ahead == digest; });
}

void Board::remember(state::HistoryEntry entry) {
    entry.time = base::unix_now();
    unwritten.push_back(std::move(entry));
    if (unwritten.size() > 1 || history_holds > 0) return;
    parts.loop.post([weak = weak_from_this()] {
        if (const auto alive = open(weak)) alive->write_history();
    });
}

void Board::release_history() {
    if (--history_holds > 0 || unwritten.empty()) return;
    parts.loop.post([weak = weak_from_this()] {
        if (const auto alive = open(weak)) alive->write_history();
    });
}

void Board::close() {
    history_holds = 0;
    write_history();
    ending = true;
    cancel.cancel();
    helpers.clear();
    for (auto& [name, work] : services) work.on_change = {};
    worker.reset(); // Joined: it posts nothing any more.
}

void Board::write_history() {
    if (history_holds > 0) return;
    for (const auto& entry : std::exchange(unwritten, {}))
        if (const auto saved = parts.database.add_history(entry); !saved)
            log(CMW_LEVEL_ERROR, base::to_string(saved.error()));
}

void Board::note_in_place(const std::string& name) {
    auto& c = component(name);
    const auto want = desired(c);
    if (!want || c.installed != want || c.activated == want) return;
    if (c.activating == c.installed && on_trial(name)) return; // Not proven yet.
    note_activated(c, *want);
    save(name);
}

bool Board::on_trial(const std::string& name) const {
    return std::ranges::any_of(
        trials, [&](const auto& trial) { return trial.second.changes.contains(name); });
}

void Board::save(const std::set<std::string>& names) {
    std::map<std::string, state::ComponentRecord> records;
    for (const auto& name : names) {
        auto& record = components.at(name).record;
        keep(component(name), record);
        records.emplace(name, record);
    }
    if (const auto saved = parts.database.save_components(records); !saved)
        log(CMW_LEVEL_ERROR, base::to_string(saved.error()));
}

void Board::save_service(const std::string& name) {
    if (const auto saved = parts.database.save_service(name, services.at(name).record); !saved)
        log(CMW_LEVEL_ERROR, base::to_string(saved.error()));
}

void Board::save_trial(const std::string& name, const state::TrialRecord& record) {
    trials[name] = record;
    taken_up.insert(name);
    if (const auto saved = parts.database.save_trial(name, record); !saved)
        log(CMW_LEVEL_ERROR, base::to_string(saved.error()));
}

void Board::end_trial(const std::string& name) {
    if (trials.erase(std::string(name)) == 0) return;
    if (const auto ended = parts.database.end_trial(name); !ended)
        log(CMW_LEVEL_ERROR, base::to_string(ended.error()));
}

void Board::run_helper(base::Helper helper, std::function<void(const base::HelperEnd&)> done) {
    if (ending) return;
    const auto thread = std::make_shared<base::Worker>("helper");
    helpers.push_back(thread);
    thread->post([weak = weak_from_this(), &loop = parts.loop, &stop = cancel,
                  helper = std::move(helper), done = std::move(done),
                  key = thread.get()]() mutable {
        auto end = std::make_shared<base::HelperEnd>(base::run_helper(helper, stop));
        loop.post([weak, done = std::move(done), end, key] {
            const auto alive = open(weak);
            if (!alive) return;
            std::erase_if(alive->helpers, [key](const auto& one) { return one.get() == key; });
            done(*end);
        });
    });
}

void Board::failed(const std::string& name, const base::Problem& problem, Again again) {
    auto& c = component(name);
    auto& work = components.at(name);
    const auto words = base::to_string(problem);
    const double part = std::generate_canonical<double, 20>(random);
    const auto delay = again == Again::soon ? backoff.delay(++work.failures, part)
                                            : slow_backoff.delay(++work.mistakes, part);
    c.busy = Busy::no;
    const bool at_once = std::exchange(work.news_of_source, false);
    c.not_before = at_once ? base::Monotonic{} : base::monotonic_now() + delay;
    if (c.problem != words) {
        log(CMW_LEVEL_ERROR, fmt::format("{}: {}", name, words));
        const auto want = desired(c);
        remember({0, {}, "component", name, "refused", hex_of(c.installed), hex_of(want), words});
    }
    c.problem = words;
    replan();
}

void Board::succeeded(const std::string& name) {
    component(name).busy = Busy::no;
    forgive(name);
}

void Board::forgive(const std::string& name) {
    auto& work = components.at(name);
    work.failures = work.mistakes = 0;
    component(name).not_before = {};
    component(name).problem.clear();
}

} // namespace cmw::reconcile
