// SPDX-License-Identifier: Apache-2.0
#include "push.hpp"

#include "shared/lower_case.hpp"
#include "shared/record_text.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <utility>

namespace cmw::loki {

namespace {

constexpr std::uint32_t levels = CMW_LEVEL_FATAL + 1;
constexpr std::uint32_t usual_level = CMW_LEVEL_INFO;

std::uint32_t level_of(const cmw_log_record& record) {
    return record.level < levels ? record.level : usual_level;
}

void append_labels(std::string& out, const Labels& labels) {
    out += '{';
    bool first = true;
    for (const auto& [name, value] : labels) {
        if (!std::exchange(first, false)) out += ',';
        record_text::append_json_string(out, name);
        out += ':';
        record_text::append_json_string(out, value);
    }
    out += '}';
}

void append_entry(std::string& out, const cmw_log_record& record) {
    out.append("[\"").append(std::to_string(entry_time(record))).append("\",");
    record_text::append_json_string(out, {record.text.data, record.text.size});
    out += ']';
}

/// pkg/validation/validate.go and pkg/chunkenc of Loki.
constexpr std::array never_taken{
    "entry too far behind", "entry out of order", "timestamp too old",         "timestamp too new",
    "greater than max age", "max entry size",     "too old, oldest acceptable"};

/// The numbers in all matches, added up.
std::size_t sum_of(const std::string& text, const std::regex& number) {
    std::size_t sum = 0;
    for (std::sregex_iterator it(text.begin(), text.end(), number), end; it != end; ++it)
        sum += std::stoul((*it)[1]);
    return sum;
}

/// One that is alone is told without a number.
std::size_t count_of_rejected(const std::string& text) {
    static const std::regex ingester("total ignored: ([0-9]{1,9}) out of");
    static const std::regex distributor("([0-9]{1,9}) errors like:");
    return std::max<std::size_t>(sum_of(text, ingester) + sum_of(text, distributor), 1);
}

} // namespace

std::int64_t entry_time(const cmw_log_record& record) {
    for (const std::uint64_t room : {1'000'000U, 1'000U})
        if (record.time_ns % static_cast<std::int64_t>(room) == 0)
            return record.time_ns + static_cast<std::int64_t>(record.sequence % room);
    return record.time_ns;
}

void append_push(std::string& out, const shared::Records& records, const Labels& labels,
                 bool level_label) {
    std::array<bool, levels> there{};
    for (const auto& record : records) there.at(level_label ? level_of(record) : 0) = true;
    out += R"({"streams":[)";
    bool first_stream = true;
    for (std::uint32_t level = 0; level < levels; ++level) {
        if (!there.at(level)) continue;
        if (!std::exchange(first_stream, false)) out += ',';
        out += R"({"stream":)";
        auto all = labels;
        if (level_label)
            all["level"] = shared::lower_case(std::string(record_text::level_name(level)));
        append_labels(out, all);
        out += R"(,"values":[)";
        bool first = true;
        for (const auto& record : records) {
            if (level_label && level_of(record) != level) continue;
            if (!std::exchange(first, false)) out += ',';
            append_entry(out, record);
        }
        out += "]}";
    }
    out += "]}";
}

shared::PostVerdict judge(int status, const std::string& text) {
    using Kind = shared::PostVerdict::Kind;
    if (status == 204) return {Kind::taken};
    if (status / 100 == 2) return {Kind::failed};
    const auto said = shared::lower_case(text);
    const auto says = [&](const char* part) { return said.find(part) != said.npos; };
    // Those of a stream that is too fast may come among those that are too old.
    if (says("rate limit exceeded")) return {Kind::failed};
    if (status == 400 && std::ranges::any_of(never_taken, says))
        return {Kind::taken, count_of_rejected(said)};
    return shared::usual_verdict(status);
}

bool is_label_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    return !name.empty() && std::ranges::all_of(name, fits) &&
           !(name.front() >= '0' && name.front() <= '9') && !name.starts_with("__");
}

} // namespace cmw::loki
