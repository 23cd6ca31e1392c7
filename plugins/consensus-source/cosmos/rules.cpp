// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/rules.hpp"

namespace cmw::cosmos {
namespace {

enum class Standing { Early, Unproven, Older, Passed, Skipped, Unknown, Due };

bool is_noted(const Record& record, const Sight& sight) {
    return record.noted && record.noted->plan.is(*sight.file);
}

/// Whether the file is written once more since it was noted.
bool is_again(const Record& record, const Sight& sight) {
    return is_noted(record, sight) && record.noted->stamp != sight.stamp;
}

/// What the file was noted as, unless it is written again since.
std::optional<Noted::As> noted_as(const Record& record, const Sight& sight) {
    if (!is_noted(record, sight) || is_again(record, sight)) return std::nullopt;
    return record.noted->as;
}

/// Of the file of a node that answered.
Standing standing_at(const Record& record, const Sight& sight) {
    const auto& file = *sight.file;
    if (*sight.height + 1 < file.height) return Standing::Early;
    const auto as = noted_as(record, sight);
    // The block of the plan is kept before it is executed, so a node that halted may name it.
    if (*sight.height <= file.height) {
        if (as == Noted::As::Older) return Standing::Older;
        return as == Noted::As::Early ? Standing::Early : Standing::Due;
    }
    if (as == Noted::As::Older) return Standing::Passed;
    if (!sight.applied) return Standing::Unknown;
    return *sight.applied == file.height ? Standing::Due : Standing::Skipped;
}

/// Of the file of a node that did not answer.
Standing standing_unseen(const Record& record, const Sight& sight) {
    if (is_again(record, sight)) return Standing::Due;
    const auto as = noted_as(record, sight);
    if (as == Noted::As::Older) return Standing::Older;
    if (!sight.asked) return Standing::Due;
    const bool planned = record.planned && record.planned->is(*sight.file);
    return planned && as != Noted::As::Early ? Standing::Due : Standing::Unproven;
}

Plan with_info(Plan plan, const Record& record) {
    // Nodes of cosmos-sdk 0.44 leave it out of the file (#10428).
    if (plan.info.empty() && record.planned && record.planned->is(plan))
        plan.info = record.planned->info;
    return plan;
}

std::string problem_of(Standing standing, const Sight& sight) {
    const auto file = sight.file->text();
    switch (standing) {
    case Standing::Unproven:
        return "upgrade-info.json names the " + file +
               ", but the node does not answer whether it is there; the file counts when the node "
               "answers or writes it again";
    case Standing::Older:
        return "upgrade-info.json names the " + file +
               ", but is older than the 'digest' given; it counts when the node writes it again";
    case Standing::Unknown:
        return "upgrade-info.json names the " + file + ", which the node at height " +
               std::to_string(*sight.height) + " has passed, but it does not tell whether the " +
               "chain made it";
    case Standing::Skipped:
        return "upgrade-info.json names the " + file + ", which the chain did not make";
    default:
        return {};
    }
}

} // namespace

Record begin(std::optional<Record> kept, const std::string& base, const Binary& given,
             const Sight& sight) {
    if (kept && (base.empty() || kept->base == base)) return *kept;
    Record record;
    record.base = base;
    if (base.empty()) return record;
    record.approved = given;
    if (sight.file) record.noted = {*sight.file, sight.stamp, Noted::As::Older};
    return record;
}

bool must_ask_applied(const Record& record, const Sight& sight) {
    return sight.file && sight.height && sight.file->height > record.height &&
           *sight.height > sight.file->height;
}

Ruling judge(Record record, const Sight& sight) {
    // It stays the node's plan until the first block of the new program.
    const bool made = sight.plan && sight.plan->height <= record.height;
    if (sight.plan_known) record.planned = made ? std::nullopt : sight.plan;
    if (sight.height && *sight.height + 1 < record.height)
        return {record, "the node is at height " + std::to_string(*sight.height) +
                            ", below the upgrade \"" + record.upgrade + "\" at height " +
                            std::to_string(record.height) +
                            " that was made; if its data was reset, remove the record"};
    if (!sight.file || sight.file->height <= record.height || record.due) return {record, ""};
    const auto standing =
        sight.height ? standing_at(record, sight) : standing_unseen(record, sight);
    switch (standing) {
    case Standing::Due:
        record.due = with_info(*sight.file, record);
        record.noted.reset();
        break;
    case Standing::Passed: // By the digest that the operator gave.
        record.upgrade = sight.file->name;
        record.height = sight.file->height;
        record.noted.reset();
        break;
    case Standing::Early:
        record.noted = {*sight.file, sight.stamp, Noted::As::Early};
        break;
    case Standing::Unproven:
        if (!is_noted(record, sight)) record.noted = {*sight.file, sight.stamp, Noted::As::Silent};
        break;
    default:
        break;
    }
    return {record, problem_of(standing, sight)};
}

Record take_due(Record record, std::optional<Binary> binary, std::string missing) {
    record.upgrade = record.due->name;
    record.height = record.due->height;
    record.approved = std::move(binary);
    record.missing = std::move(missing);
    if (record.planned && record.planned->is(*record.due)) record.planned.reset();
    record.due.reset();
    return record;
}

} // namespace cmw::cosmos
