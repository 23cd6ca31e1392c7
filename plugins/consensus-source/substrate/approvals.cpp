// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/approvals.hpp"

#include <cmw/error.hpp>

#include <charconv>

namespace cmw::substrate {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
    throw Error(CMW_CONFIG, "cannot take approvals from " + name + ": " + why);
}

bool is_digest(const Value& value, const RecordUse& use) {
    return value.kind == Value::Kind::Fixed && value.raw.size() == use.digest_size;
}

std::vector<Approval> by_size(const Value& record, const std::string& name, const RecordUse& use) {
    std::vector<Approval> found;
    if (is_digest(record, use)) found.push_back({name, record.raw});
    if (record.kind == Value::Kind::Struct) {
        for (const auto& field : record.members)
            if (is_digest(field, use) && !field.name.empty())
                found.push_back({field.name, field.raw});
    }
    if (found.empty())
        refuse(name, "it has no field of " + std::to_string(use.digest_size) + " bytes");
    return found;
}

/// One step of a path. nullptr: nothing stands there now, though something may.
const Value* step(const Value& value, std::string_view word, const std::string& name) {
    std::size_t number = 0;
    const auto* end = word.data() + word.size();
    const bool is_number = std::from_chars(word.data(), end, number).ptr == end;
    if (const auto* found = member(value, word); found != nullptr && !word.empty()) return found;
    if (is_number && number < value.members.size() && value.kind != Value::Kind::Variant)
        return &value.members[number];
    if (is_number && value.kind == Value::Kind::List) return nullptr;
    std::string known;
    for (const auto& one : value.members)
        if (!one.name.empty()) known += (known.empty() ? "" : ", ") + one.name;
    refuse(name, "it has no field '" + std::string(word) + "'" +
                     (known.empty() ? "" : "; there are: " + known));
}

/// What stands at the end of `path`; nullptr if nothing does.
const Value* at(const Value& record, std::string_view path, const std::string& name) {
    const auto* value = unwrapped(record);
    while (value != nullptr && !path.empty()) {
        const auto word = path.substr(0, path.find('.'));
        path.remove_prefix(std::min(word.size() + 1, path.size()));
        value = step(*value, word, name);
        if (value != nullptr) value = unwrapped(*value);
    }
    return value;
}

} // namespace

std::vector<Approval> approvals(const Value& record, const std::string& name,
                                const RecordUse& use) {
    if (use.fields.empty()) return by_size(record, name, use);
    std::vector<Approval> found;
    for (const auto& [target, path] : use.fields) {
        const auto* value = at(record, path, name);
        if (value == nullptr) continue;
        const auto digest = content(*value);
        if (digest.size() != use.digest_size)
            refuse(name, "'" + path + "' is not a digest of " + std::to_string(use.digest_size) +
                             " bytes");
        found.push_back({target, digest});
    }
    return found;
}

std::vector<Approval> approvals(const StorageItem& item, Bytes value, const RecordUse& use) {
    return approvals(decode(item.value, value), item.name, use);
}

} // namespace cmw::substrate
