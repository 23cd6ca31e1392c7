// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include "shared/record_text.hpp"
#include "shared/template.hpp"

namespace cmw::http_logs {

namespace {

/// What a line of JSON has beside its text, about.
constexpr std::uint32_t overhead = 120;

std::string url_of(const HttpBackend::Settings& settings, std::string_view stream) {
    return shared::expand(settings.url, {{"stream", std::string(stream)}});
}

} // namespace

void HttpBackend::check(const Settings& settings) {
    shared::check_poster(
        shared::poster_settings(settings, url_of(settings, "x"), settings.content_type));
}

HttpBackend::HttpBackend(Settings settings, Host) : settings_(std::move(settings)) {
    check(settings_);
}

void HttpBackend::limits(cmw_log_limits& limits) const {
    limits.bytes = static_cast<std::uint64_t>(settings_.max_batch.count);
    limits.overhead_bytes = overhead;
    limits.linger_ns = settings_.linger.count();
}

shared::LogPoster& HttpBackend::poster_of(std::string_view stream) {
    const auto url = url_of(settings_, stream);
    if (const auto known = posters_.find(url); known != posters_.end()) return known->second;
    return posters_
        .try_emplace(url, shared::poster_settings(settings_, url, settings_.content_type))
        .first->second;
}

void HttpBackend::write(const Call& call, Batch& batch) {
    auto& poster = poster_of(batch.stream());
    body_.clear();
    for (const auto& record : batch) record_text::append_json(body_, record);
    const auto answer = poster.post(call, body_);
    if (answer.status / 100 != 2) throw poster.refused(answer);
}

} // namespace cmw::http_logs
