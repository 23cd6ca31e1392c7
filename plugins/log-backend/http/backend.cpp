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

HttpBackend::HttpBackend(Settings settings, Host host)
    : settings_(std::move(settings)), host_(host) {
    check(settings_);
}

void HttpBackend::limits(cmw_log_limits& limits) const {
    limits.bytes = static_cast<std::uint64_t>(settings_.max_batch.count);
    limits.overhead_bytes = overhead;
    limits.linger_ns = settings_.linger.count();
}

shared::BatchPoster& HttpBackend::poster_of(std::string_view stream) {
    const auto url = url_of(settings_, stream);
    if (const auto known = posters_.find(url); known != posters_.end()) return known->second;
    return posters_
        .try_emplace(url, shared::poster_settings(settings_, url, settings_.content_type), host_)
        .first->second;
}

void HttpBackend::write(const Call& call, Batch& batch) {
    static const shared::PostForm form{
        .write =
            [](std::string& body, const shared::Records& records) {
                for (const auto& record : records) record_text::append_json(body, record);
            },
        .judge = [](const shared::PostAnswer& answer,
                    std::size_t) { return shared::usual_verdict(answer.status); }};
    poster_of(batch.stream()).post(call, batch, form);
}

} // namespace cmw::http_logs
