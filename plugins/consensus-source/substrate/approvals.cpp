// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/approvals.hpp"

#include "shared/digest_option.hpp"

#include <cmw/error.hpp>

namespace cmw::substrate {
namespace {

bool is_digest(const Value& value) {
    return value.kind == Value::Kind::Fixed && value.raw.size() == shared::digest_size;
}

} // namespace

std::vector<Approval> approvals(const StorageItem& item, Bytes value) {
    const auto record = decode(item.value, value);
    std::vector<Approval> found;
    if (is_digest(record)) found.push_back({item.name, record.raw});
    if (record.kind == Value::Kind::Struct) {
        for (const auto& field : record.members)
            if (is_digest(field) && !field.name.empty()) found.push_back({field.name, field.raw});
    }
    if (found.empty())
        throw Error(CMW_CONFIG, "cannot take approvals from " + item.prefix + "." + item.name +
                                    ": it has no field of " + std::to_string(shared::digest_size) +
                                    " bytes");
    return found;
}

} // namespace cmw::substrate
