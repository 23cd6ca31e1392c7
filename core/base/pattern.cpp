// SPDX-License-Identifier: Apache-2.0
#include "base/pattern.hpp"

#include <array>
#include <fmt/format.h>
#include <re2/re2.h>

namespace cmw::base {

namespace {

constexpr std::int64_t memory_limit = 1024 * 1024; // Of one expression's automata.

re2::StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

} // namespace

Result<Pattern> Pattern::compile(const std::string& text) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_max_mem(memory_limit);
    Pattern pattern;
    const auto compiled = std::make_shared<const re2::RE2>(piece(text), options);
    if (!compiled->ok())
        return fail(
            "",
            fmt::format("cannot use \"{}\" as a regular expression: {}", text, compiled->error()),
            "write one as RE2 reads it: no look-around, no back references");
    pattern.compiled_ = compiled;
    return pattern;
}

bool Pattern::begins(std::string_view text) const {
    return compiled_->Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_START, nullptr, 0);
}

std::optional<Pattern::Match> Pattern::search(std::string_view text, std::size_t from) const {
    std::array<re2::StringPiece, 2> found;
    const int wanted = compiled_->NumberOfCapturingGroups() > 0 ? 2 : 1;
    if (!compiled_->Match(piece(text), from, text.size(), re2::RE2::UNANCHORED, found.data(),
                          wanted))
        return std::nullopt;
    const auto place = [&](const re2::StringPiece& part) {
        return static_cast<std::size_t>(part.data() - text.data());
    };
    Match match{place(found[0]), place(found[0]) + found[0].size(), 0, 0};
    const auto& group = wanted == 2 && found[1].data() != nullptr ? found[1] : found[0];
    match.group_begin = place(group);
    match.group_end = match.group_begin + group.size();
    return match;
}

} // namespace cmw::base
