// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/motions.hpp"

#include "consensus-source/substrate/storage_key.hpp"

#include <Poco/JSON/Array.h>

#include <algorithm>
#include <malloc.h>

namespace cmw::substrate {
namespace {

using Poco::Dynamic::Var;

constexpr unsigned deepest_inline = 4;
// Of the scheduler's keys in one request. A chain with more of them does not agree on software
// this way.
constexpr int most_tasks = 64;

class Search {
  public:
    Search(const Layout& layout, const MotionItems& items, const RecordUse& use)
        : layout_(layout), items_(items), use_(use) {}

    void look(const Value& value) {
        const bool wraps = value.kind == Value::Kind::Variant && value.members.size() == 1;
        if (wraps && value.variant == items_.pallet && value.members[0].variant == items_.call)
            return take(value.members[0]);
        if (wraps && value.variant == "Inline" && value.members[0].kind == Value::Kind::Blob)
            return look_inside(content(value.members[0]));
        for (const auto& member : value.members) look(member);
    }

    Digests found;

  private:
    void take(const Value& call) {
        for (const auto& argument : call.members) {
            try {
                for (const auto& [target, digest] : approvals(argument, argument.name, use_))
                    found[target] = {digest.begin(), digest.end()};
            } catch (const Error&) { // It is not the argument that is the record.
            }
        }
    }

    void look_inside(Bytes encoded) {
        if (layout_.types.empty() || inside_ >= deepest_inline) return;
        ++inside_;
        try {
            look(decode(layout_, encoded));
        } catch (const Error&) { // It is no call.
        }
        --inside_;
    }

    const Layout& layout_;
    const MotionItems& items_;
    const RecordUse& use_;
    unsigned inside_ = 0;
};

/// "TechnicalCommittee" as people say it: "technical committee".
std::string spoken(std::string_view pallet) {
    std::string words;
    for (const char c : pallet) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && !words.empty()) words += ' ';
        words += upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return words;
}

/// The motion's number, where the votes on it are kept with one.
void tell_number(const MotionItems& items, Bytes vote, std::string& why) {
    try {
        const auto votes = decode(items.voting->value, vote);
        const auto* index = member(votes, "index");
        if (const auto found = index != nullptr ? number(*index) : std::nullopt)
            why = "motion #" + std::to_string(*found) + " of the " + spoken(items.committee);
    } catch (const Error&) { // It has one without a number, then.
    }
}

bool holds(Bytes value, const CallPrefix& prefix) {
    return !std::ranges::search(value, prefix).empty();
}

} // namespace

Digests find_calls(const Value& value, const Layout& layout, const MotionItems& items,
                   const RecordUse& use) {
    Search search(layout, items, use);
    search.look(value);
    return std::move(search.found);
}

std::vector<std::string> Motions::keys(const Runtime& runtime) const {
    if (!runtime.motions || !runtime.motions->proposals) return {};
    return {runtime.motions->proposals_key};
}

void Motions::ask(const Call& call, const Runtime& runtime, const std::string& hash) {
    agenda_request_.reset();
    if (!runtime.motions || !runtime.motions->agenda) return;
    const auto& agenda = *runtime.motions->agenda;
    agenda_request_ = rpc_.ask(call, "state_getKeysPaged",
                               {storage_key(agenda.prefix, agenda.name), most_tasks, Var(), hash});
}

void Motions::take_proposals(const Values& values, const MotionItems& items,
                             Sources& sources) const {
    if (!items.proposals) return;
    const auto list = values.find(items.proposals_key);
    if (list == values.end() || !list->second) return; // There never was one.
    try {
        for (const auto& hash : decode(items.proposals->value, *list->second).members) {
            const auto key = storage_key(*items.proposal_of, hash.raw);
            if (const auto known = known_.find(key); known != known_.end()) {
                sources.insert(*known);
                continue;
            }
            sources[key] = {.motion = true,
                            .vote_key = items.voting ? storage_key(*items.voting, hash.raw) : "",
                            .why = "a motion of the " + spoken(items.committee)};
        }
    } catch (const Error& e) {
        host_.warn("cannot read the motions of " + items.committee + ": " + e.what());
    }
}

void Motions::take_agenda(const Call& call, const MotionItems& items, Sources& sources) {
    if (!agenda_request_) return;
    const auto answer = rpc_.answer(call, *agenda_request_);
    using Kind = shared::json_rpc::Message::Kind;
    if (answer.kind != Kind::Result || answer.value.type() != typeid(Poco::JSON::Array::Ptr)) {
        host_.debug("cannot list what the scheduler is to do: " + answer.text);
        return;
    }
    for (const auto& var : *answer.value.extract<Poco::JSON::Array::Ptr>()) {
        if (!var.isString()) continue;
        const auto& key = var.extract<std::string>();
        auto& source = sources[key];
        const auto height = key_of(*items.agenda, key, sizeof(std::uint32_t));
        if (height) source.height = ScaleReader(*height).u32();
        source.why = "scheduled for block " + std::to_string(source.height);
    }
}

void Motions::read_values(const Call& call, Storage& storage, const Block& block,
                          const MotionItems& items, Sources& sources) {
    std::vector<std::string> wanted;
    for (const auto& [key, source] : sources) {
        if (source.value) continue;
        wanted.push_back(key);
        if (!source.vote_key.empty()) wanted.push_back(source.vote_key);
    }
    if (wanted.empty()) return;
    auto found = storage.read(call, wanted, block);
    std::vector<Source*> fresh;
    for (auto& [key, source] : sources) {
        if (source.value) continue;
        source.value = std::move(found[key]);
        const auto known = known_.find(key);
        const bool same = known != known_.end() && known->second.value == source.value;
        if (same) source.digests = known->second.digests;
        if (same || !source.value || !holds(*source.value, items.prefix)) continue;
        fresh.push_back(&source);
        if (const auto& vote = found[source.vote_key]; vote && !source.vote_key.empty())
            tell_number(items, *vote, source.why);
    }
    if (!fresh.empty()) decode_all(call, block, items, fresh);
}

void Motions::decode_all(const Call& call, const Block& block, const MotionItems& items,
                         const std::vector<Source*>& fresh) const {
    const auto bytes =
        parse_bytes(rpc_.result(call, rpc_.ask(call, "state_getMetadata", {block.executed_by})),
                    "the metadata");
    try {
        const Metadata metadata(bytes);
        const auto layout_of = [&](const std::optional<StorageItem>& item,
                                   const std::string& pallet) {
            return item ? metadata.item(pallet, item->name).value : Layout();
        };
        const auto calls =
            layout_of(items.proposals ? items.proposal_of : std::nullopt, items.committee);
        const auto tasks = layout_of(items.agenda, "Scheduler");
        for (auto* source : fresh) {
            try {
                const auto value = decode(source->motion ? calls : tasks, *source->value);
                source->digests = find_calls(value, calls, items, use_);
            } catch (const Error& e) {
                host_.warn("cannot read what is " + source->why + ": " + e.what());
            }
        }
    } catch (const Error& e) {
        host_.warn(std::string("cannot read what may be approved later: ") + e.what());
    }
    ::malloc_trim(0);
}

std::vector<Announcement> Motions::judge(const Call& call, Storage& storage, const Block& block,
                                         const Runtime& runtime, const Values& values) {
    if (!runtime.motions) return {};
    Sources sources;
    take_proposals(values, *runtime.motions, sources);
    take_agenda(call, *runtime.motions, sources);
    read_values(call, storage, block, *runtime.motions, sources);
    known_ = std::move(sources);
    std::vector<Announcement> announced;
    for (const auto& [key, source] : known_)
        for (const auto& [target, digest] : source.digests)
            announced.push_back({target, digest, source.height, source.why});
    return announced;
}

} // namespace cmw::substrate
