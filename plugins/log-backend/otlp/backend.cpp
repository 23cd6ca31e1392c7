// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include "answer.hpp"
#include "shared/host_name.hpp"
#include "shared/http_url.hpp"
#include "shared/template.hpp"

#include <Poco/URI.h>
#include <algorithm>
#include <utility>

namespace cmw::otlp {

namespace {

Attributes expanded(const Attributes& attributes, std::string_view stream) {
    static const std::string host = shared::host_name();
    Attributes made;
    for (const auto& [name, value] : attributes)
        made[name] = shared::expand(value, {{"stream", std::string(stream)}, {"hostname", host}});
    return made;
}

Attributes resource_of(const OtlpBackend::Settings& settings, const OtlpBackend::UseSettings& use,
                       std::string_view stream) {
    Attributes all{{"service.name", settings.service_name},
                   {"host.name", "{hostname}"},
                   {"cmw.stream", "{stream}"}};
    for (const auto& [name, value] : settings.attributes) all[name] = value;
    for (const auto& [name, value] : use.attributes) all[name] = value;
    return expanded(all, stream);
}

void check_attributes(const Attributes& attributes) {
    if (attributes.contains("")) throw Error(CMW_CONFIG, "cannot use an attribute without a name");
    (void)expanded(attributes, "");
}

shared::PosterSettings poster_settings(const OtlpBackend::Settings& settings) {
    auto url = settings.url;
    shared::check_http_url("url", url);
    if (const Poco::URI uri(url); uri.getPath().empty() || uri.getPath() == "/")
        url.insert(std::min(url.find_first_of("?#"), url.size()),
                   uri.getPath().empty() ? "/v1/logs" : "v1/logs");
    auto made = shared::poster_settings(settings, std::move(url), "application/json");
    shared::check_poster(made);
    return made;
}

} // namespace

void OtlpBackend::check(const Settings& settings) {
    (void)poster_settings(settings);
    check_attributes(settings.attributes);
    check_attributes({{"service.name", settings.service_name}});
}

void OtlpBackend::check_use(const Settings&, const UseSettings& use) {
    check_attributes(use.attributes);
}

OtlpBackend::OtlpBackend(Settings settings, Host host)
    : settings_(std::move(settings)), host_(host), poster_(poster_settings(settings_), host) {
    check(settings_);
}

void OtlpBackend::limits(cmw_log_limits& limits) const {
    limits.bytes = static_cast<std::uint64_t>(settings_.max_batch.count);
    limits.overhead_bytes = record_overhead;
    limits.linger_ns = settings_.linger.count();
}

void OtlpBackend::write(const Call& call, Batch& batch) {
    const Origin origin{
        resource_of(settings_, use_settings<OtlpBackend>(batch.use()), batch.stream()),
        about.version};
    const shared::PostForm form{
        .write = [&](std::string& body,
                     const shared::Records& records) { append_request(body, records, origin); },
        .judge =
            [&](const shared::PostAnswer& answer, std::size_t) {
                tell_warning(answer);
                return judge(answer.status, answer.text);
            }};
    poster_.post(call, batch, form);
}

/// A receiver that has something to say about all that it takes says it in each answer.
void OtlpBackend::tell_warning(const shared::PostAnswer& answer) {
    if (warned_ || answer.status / 100 != 2) return;
    const auto success = read_answer(answer.text);
    if (!success || success->rejected > 0 || !success->says) return;
    warned_ = true;
    host_.warn(shared::shown_url(settings_.url) +
               " took the records, and says: " + shared::shown_text(answer));
}

} // namespace cmw::otlp
