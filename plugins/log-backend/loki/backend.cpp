// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include "shared/host_name.hpp"
#include "shared/template.hpp"

#include <Poco/URI.h>
#include <utility>

namespace cmw::loki {

namespace {

/// What an entry has beside its text, about.
constexpr std::uint32_t overhead = 30;
/// Loki refuses longer lines by default at 256 KiB; bytes that are not UTF-8 become three.
constexpr std::uint32_t record_bytes = 85 * 1024;

Labels expanded(const Labels& labels, std::string_view stream) {
    static const std::string host = shared::host_name();
    Labels made;
    for (const auto& [name, value] : labels)
        made[name] = shared::expand(value, {{"stream", std::string(stream)}, {"hostname", host}});
    return made;
}

Labels labels_of(const LokiBackend::Settings& settings, const LokiBackend::UseSettings& use,
                 std::string_view stream) {
    static const Labels usual{
        {"job", "cmix-wrapper"}, {"host", "{hostname}"}, {"stream", "{stream}"}};
    auto labels = settings.labels.empty() ? usual : settings.labels;
    for (const auto& [name, value] : use.labels) labels[name] = value;
    return expanded(labels, stream);
}

void check_labels(const Labels& labels) {
    for (const auto& [name, value] : labels)
        if (!is_label_name(name))
            throw Error(CMW_CONFIG, "cannot use the label \"" + name +
                                        "\": a name has letters, digits and _, and begins with "
                                        "no digit and not with __");
    (void)expanded(labels, "");
}

shared::PosterSettings poster_settings(const LokiBackend::Settings& settings) {
    auto url = settings.url;
    shared::check_http_url("url", url);
    if (const Poco::URI uri(url); uri.getPath().empty() || uri.getPath() == "/")
        url += std::string(url.ends_with('/') ? "" : "/") + "loki/api/v1/push";
    auto made = shared::poster_settings(settings, std::move(url), "application/json");
    if (!settings.tenant.empty()) made.headers["X-Scope-OrgID"] = settings.tenant;
    shared::check_poster(made);
    return made;
}

} // namespace

void LokiBackend::check(const Settings& settings) {
    (void)poster_settings(settings);
    check_labels(settings.labels);
}

void LokiBackend::check_use(const Settings&, const UseSettings& use) {
    check_labels(use.labels);
}

LokiBackend::LokiBackend(Settings settings, Host host)
    : settings_(std::move(settings)), poster_(poster_settings(settings_), host) {
    check(settings_);
}

void LokiBackend::limits(cmw_log_limits& limits) const {
    limits.bytes = static_cast<std::uint64_t>(settings_.max_batch.count);
    limits.overhead_bytes = overhead;
    limits.record_bytes = std::min(limits.record_bytes, record_bytes);
    limits.linger_ns = settings_.linger.count();
}

void LokiBackend::write(const Call& call, Batch& batch) {
    const auto labels =
        labels_of(settings_, use_settings<LokiBackend>(batch.use()), batch.stream());
    const shared::PostForm form{
        .write =
            [&](std::string& body, const shared::Records& records) {
                append_push(body, records, labels, settings_.level_label);
            },
        .judge = [](const shared::PostAnswer& answer,
                    std::size_t) { return judge(answer.status, answer.text); }};
    poster_.post(call, batch, form);
}

} // namespace cmw::loki
