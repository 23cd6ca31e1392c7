// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/cosmos/plan.hpp"

#include "consensus-source/cosmos/json.hpp"
#include "consensus-source/cosmos/protobuf.hpp"

#include <cmw/error.hpp>

#include <limits>

namespace cmw::cosmos {
namespace {

constexpr std::size_t longest_name = 140; // As the chain itself limits a proposal's title.

/// Heights are int64 on the chain.
constexpr auto highest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

Plan checked(Plan plan) {
    if (plan.name.empty()) throw Error(CMW_INVALID, "the upgrade has no name");
    if (plan.name.size() > longest_name)
        throw Error(CMW_INVALID, "the upgrade's name is longer than 140 bytes");
    if (plan.height == 0 || plan.height > highest)
        throw Error(CMW_INVALID, "the upgrade's height is not a number of 1 or more");
    return plan;
}

} // namespace

std::string Plan::text() const {
    return "upgrade \"" + name + "\" at height " + std::to_string(height);
}

Plan parse_upgrade_info(std::string_view json) {
    const auto object = parse_object(json);
    return checked({text_in(*object, "name").value_or(""), number_in(*object, "height").value_or(0),
                    text_in(*object, "info").value_or("")});
}

std::optional<Plan> parse_current_plan(std::string_view bytes) {
    // QueryCurrentPlanResponse { Plan plan = 1 }
    // Plan { string name = 1; Timestamp time = 2; int64 height = 3; string info = 4; ... }
    ProtobufField field;
    std::optional<std::string_view> message;
    for (ProtobufReader answer(bytes); answer.next(field);)
        if (field.id == 1 && field.kind == ProtobufField::Kind::Bytes) message = field.bytes;
    if (!message) return std::nullopt;
    Plan plan;
    for (ProtobufReader reader(*message); reader.next(field);) {
        if (field.id == 1 && field.kind == ProtobufField::Kind::Bytes) plan.name = field.bytes;
        if (field.id == 3 && field.kind == ProtobufField::Kind::Number) plan.height = field.number;
        if (field.id == 4 && field.kind == ProtobufField::Kind::Bytes) plan.info = field.bytes;
    }
    return checked(std::move(plan));
}

std::string applied_plan_request(const std::string& name) {
    // QueryAppliedPlanRequest { string name = 1 }
    std::string message = "\x0a";
    auto size = name.size();
    for (; size >= 0x80; size >>= 7) message += static_cast<char>(size | 0x80);
    message += static_cast<char>(size);
    return message + name;
}

std::uint64_t parse_applied_plan(std::string_view bytes) {
    // QueryAppliedPlanResponse { int64 height = 1 }
    std::uint64_t height = 0;
    ProtobufField field;
    for (ProtobufReader answer(bytes); answer.next(field);)
        if (field.id == 1 && field.kind == ProtobufField::Kind::Number) height = field.number;
    return height;
}

} // namespace cmw::cosmos
