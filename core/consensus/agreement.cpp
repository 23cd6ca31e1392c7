// SPDX-License-Identifier: Apache-2.0
#include "consensus/agreement.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cmw::consensus {

using base::Digest;
using plugin_host::Verdict;

namespace {

constexpr std::size_t announced_limit = 8; ///< A source that announces more is not obeyed.

const Digest* named(const Opinion& opinion, const std::string& field) {
    if (opinion.verdict == nullptr) return nullptr;
    const auto found = opinion.verdict->approved.find(field);
    return found == opinion.verdict->approved.end() ? nullptr : &found->second;
}

/// What all fields of a verdict have in common: where it is from.
std::string origin(const Opinion& opinion) {
    auto text = opinion.source;
    if (opinion.verdict->height != 0) text += fmt::format(" at block {}", opinion.verdict->height);
    for (const auto* fact : {"extrinsic", "file", "order"})
        if (const auto found = opinion.verdict->facts.find(fact);
            found != opinion.verdict->facts.end())
            text += fmt::format(" ({} {})", fact, found->second);
    return text;
}

/// The digest that counts; nothing if none does.
std::optional<Digest> decide(std::span<const Opinion> opinions, const std::string& field,
                             std::size_t needed) {
    std::map<Digest, std::size_t> votes;
    for (const auto& opinion : opinions) {
        const auto* digest = named(opinion, field);
        if (digest == nullptr) continue;
        if (needed <= 1) return *digest;
        ++votes[*digest];
    }
    std::optional<Digest> winner;
    for (const auto& [digest, count] : votes) {
        if (count < needed) continue;
        if (winner) return std::nullopt;
        winner = digest;
    }
    return winner;
}

std::string opinion_text(const Opinion& opinion, const std::string& field) {
    if (opinion.verdict == nullptr) return opinion.source + " has not answered yet";
    const auto* digest = named(opinion, field);
    return fmt::format("{} names {}", opinion.source,
                       digest == nullptr ? "none" : digest->hex().substr(0, 12));
}

/// Why a lone source's answer has no digest; "" where that is no wonder.
std::string missing_text(const Verdict& verdict, const std::string& field) {
    if (!verdict.run) return {};
    const auto refused = verdict.facts.find("refused");
    if (refused != verdict.facts.end() && refused->second.find(field) != std::string::npos)
        return fmt::format("the digest approved for '{}' is all zero: ignored", field);
    return fmt::format("no digest is approved for '{}': ignored", field);
}

std::string notice(std::span<const Opinion> opinions, const std::string& field,
                   const Agreement& found) {
    if (opinions.size() == 1)
        return found.approved || opinions[0].verdict == nullptr
                   ? std::string()
                   : missing_text(*opinions[0].verdict, field);
    if (found.approved && !found.disagree) return {};
    std::vector<std::string> texts;
    for (const auto& opinion : opinions) texts.push_back(opinion_text(opinion, field));
    return fmt::format(
        "{}: {}", found.disagree ? "the sources do not agree" : "too few sources name a digest",
        fmt::join(texts, ", "));
}

void judge_readiness(std::span<const Opinion> opinions, std::size_t needed, Agreement& found) {
    std::size_t ready = 0;
    std::size_t left = 0;
    for (const auto& opinion : opinions) {
        if (opinion.verdict != nullptr && plugin_host::knows_that_it_left(*opinion.verdict)) ++left;
        if (opinion.verdict != nullptr && opinion.verdict->run)
            ++ready;
        else if (found.waiting.empty())
            found.waiting = opinion.verdict == nullptr ? opinion.source + " has not answered yet"
                                                       : opinion.verdict->reason;
    }
    found.ready = ready >= needed;
    found.left = left > 0 && opinions.size() - left < needed;
    if (found.ready) found.waiting.clear();
}

} // namespace

Agreement agree(std::span<const Opinion> opinions, const std::string& field, std::size_t needed) {
    Agreement found;
    found.approved = decide(opinions, field, needed);
    const Digest* first = nullptr;
    std::vector<std::string> origins;
    for (const auto& opinion : opinions) {
        const auto* digest = named(opinion, field);
        if (digest == nullptr) continue;
        if (first == nullptr) first = digest;
        found.disagree |= *digest != *first;
        if (found.approved != *digest) continue;
        found.sources.push_back(opinion.source);
        origins.push_back(origin(opinion));
        const auto urls = opinion.verdict->locations.find(field);
        if (urls == opinion.verdict->locations.end()) continue;
        for (const auto& url : urls->second)
            if (std::ranges::count(found.locations, url) == 0) found.locations.push_back(url);
    }
    found.why = fmt::format("{}", fmt::join(origins, ", "));
    found.notice = notice(opinions, field, found);
    judge_readiness(opinions, needed, found);
    return found;
}

std::vector<plugin_host::Announcement> announced(std::span<const Opinion> opinions,
                                                 const std::string& field) {
    std::vector<plugin_host::Announcement> all;
    for (const auto& opinion : opinions) {
        if (opinion.verdict == nullptr) continue;
        for (const auto& one : opinion.verdict->announced) {
            const bool known = std::ranges::any_of(all, [&](const auto& other) {
                return other.artifact.digest == one.artifact.digest;
            });
            if (one.artifact.target == field && !known && all.size() < announced_limit)
                all.push_back(one);
        }
    }
    return all;
}

} // namespace cmw::consensus
