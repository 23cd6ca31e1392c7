// SPDX-License-Identifier: Apache-2.0
//
// loki/push.hpp - a batch as the body of Loki's push API, and what its answers mean. Pure.
#pragma once

#include "shared/batch_post.hpp"

#include <map>
#include <string>
#include <string_view>

namespace cmw::loki {

using Labels = std::map<std::string, std::string>;

/// POST /loki/api/v1/push, as JSON. With `level_label` the records of each level are a stream of
/// Loki's own, in their order.
void append_push(std::string& out, const shared::Records& records, const Labels& labels,
                 bool level_label);

/// The record's time, in nanoseconds. Loki drops an entry with the time and text of another: what a
/// clock left empty below its milliseconds or microseconds is filled with the sequence, so that
/// equal lines stay apart, in order, while a repeat is dropped.
std::int64_t entry_time(const cmw_log_record& record);

/// What an answer means. 204 is success; a 200 with a page is from somebody else. A 400 whose text
/// says that entries are too old, too new, out of order or too long: Loki took the others, and will
/// never take those. How many they are is counted in its text: at least so many.
/// Source: pkg/distributor/distributor.go, pkg/ingester/stream.go and pkg/util/errors of Loki 3.
shared::PostVerdict judge(int status, const std::string& text);

/// "[a-zA-Z_][a-zA-Z0-9_]*", and none of Loki's own, which begin with "__".
bool is_label_name(std::string_view name);

} // namespace cmw::loki
