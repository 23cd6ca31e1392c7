// SPDX-License-Identifier: Apache-2.0
//
// What the consensus sources say becomes what is approved: all sources of a component together.
#include "consensus/agreement.hpp"
#include "reconcile/reconciler_impl.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cmw::reconcile {

namespace {

std::vector<consensus::Opinion>
opinions_on(const config::ComponentSettings& component,
            const std::map<std::string, plugin_host::Verdict>& verdicts) {
    std::vector<consensus::Opinion> opinions;
    for (const auto& use : component.approved_by) {
        const auto found = verdicts.find(use.instance);
        opinions.push_back({use.instance, found == verdicts.end() ? nullptr : &found->second});
    }
    return opinions;
}

/// What changes nothing is told once, and not while the first answers come in.
void note(Board& board, ComponentFacts& c, const consensus::Agreement& found, bool all_answered) {
    const bool news = !found.notice.empty() && found.notice != c.notice;
    if (news && (all_answered || found.disagree)) {
        board.log(CMW_LEVEL_WARN, fmt::format("{}: {}", c.name, found.notice));
        board.remember({0,
                        {},
                        "component",
                        c.name,
                        found.disagree ? "disagreement" : "ignored",
                        hex_of(c.approved),
                        "",
                        found.notice});
    }
    c.notice = found.notice;
}

/// The names of the components that it changed.
std::set<std::string> approve(Board& board, ComponentFacts& c, const consensus::Agreement& found) {
    const auto by = fmt::format("{}", fmt::join(found.sources, ", "));
    const bool same = c.approved == found.approved;
    if (same && c.approved_by == by && c.locations == found.locations) return {};
    auto& work = board.components.at(c.name);
    c.approved_by = by;
    c.locations = found.locations;
    if (same) return {c.name};
    const auto hex = found.approved->hex();
    board.remember({0, {}, "component", c.name, "approved", hex_of(c.approved), hex, found.why});
    board.log(CMW_LEVEL_INFO, fmt::format("{}: {} approves {}", c.name, found.why, hex));
    auto changed = note_approved(board.facts, c, *found.approved, base::unix_now());
    work.record.why = found.why;
    for (const auto& name : changed) board.forgive(name);
    return changed;
}

} // namespace

void Reconciler::on_verdict(const std::string& instance, const plugin_host::Verdict& verdict) {
    auto& board = *impl_->board;
    impl_->verdicts[instance] = verdict;
    std::set<std::string> changed;
    for (auto& c : board.facts.components) {
        const auto& settings = *board.components.at(c.name).settings;
        const auto opinions = opinions_on(settings, impl_->verdicts);
        if (std::ranges::count(opinions, instance, &consensus::Opinion::source) == 0) continue;
        const auto found =
            consensus::agree(opinions, settings.field, config::needed_sources(settings));
        board.facts.sources[c.name] = {found.ready, found.left, found.waiting};
        c.announced = consensus::announced(opinions, settings.field);
        const bool all_answered = std::ranges::all_of(
            opinions, [](const auto& opinion) { return opinion.verdict != nullptr; });
        note(board, c, found, all_answered);
        if (found.approved) changed.merge(approve(board, c, found));
    }
    if (!changed.empty()) board.save(changed);
    for (const auto& name : changed) board.note_in_place(name);
    board.replan();
}

} // namespace cmw::reconcile
