// SPDX-License-Identifier: Apache-2.0
//
// otlp/backend.hpp - log-backend "otlp": sends records to a receiver of OpenTelemetry's protocol.
#pragma once

#include "request.hpp"
#include "shared/poster_options.hpp"
#include "shared/web_options.hpp"

#include <cmw/options.hpp>

namespace cmw::otlp {

class OtlpBackend final : public LogBackend {
  public:
    struct Settings {
        std::string url;
        std::string service_name;
        Attributes attributes;
        std::map<std::string, std::string> headers;
        Secret bearer_token;
        bool gzip = true;
        Bytes max_batch{};
        std::chrono::nanoseconds linger{};
        std::chrono::nanoseconds timeout{};
        std::string proxy;
        std::optional<std::filesystem::path> ca;
        std::optional<std::filesystem::path> certificate;
        std::optional<std::filesystem::path> key;
    };
    struct UseSettings {
        Attributes attributes;
    };

    static constexpr About about{"otlp", "0.1.0",
                                 "Sends records to an OpenTelemetry Collector, or whoever else "
                                 "takes OTLP over HTTP as JSON.",
                                 "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::url>(
            {.name = "url",
             .help = "Of the receiver, such as http://collector:4318; /v1/logs is added to one "
                     "without a path, and any other path is kept as it is.",
             .required = true}),
        option<&Settings::service_name>(
            {.name = "service-name",
             .help = "The resource's service.name; {stream} and {hostname} stand for their names.",
             .fallback = "{stream}"}),
        option<&Settings::attributes>(
            {.name = "attributes",
             .help = "More attributes of the resource, names with dots in quotes: { "
                     "\"deployment.environment.name\" = \"main\" }; {stream} and {hostname} stand "
                     "for their names. By itself it has service.name, host.name and cmw.stream; an "
                     "empty text leaves one out."}),
        option<&Settings::headers>(shared::headers_option),
        option<&Settings::bearer_token>(shared::bearer_token_option),
        option<&Settings::gzip>(
            {.name = "gzip", .help = "Compress what is sent.", .fallback = "true"}),
        option<&Settings::max_batch>(shared::max_batch_option),
        option<&Settings::linger>(shared::linger_option),
        option<&Settings::timeout>(shared::timeout_option),
        option<&Settings::proxy>(shared::proxy_option),
        option<&Settings::ca>(shared::tls_ca_option),
        option<&Settings::certificate>(shared::tls_certificate_option),
        option<&Settings::key>(shared::tls_key_option),
    };
    static constexpr std::array use_options{option<&UseSettings::attributes>(
        {.name = "attributes",
         .help = "More attributes of this stream's resource, or others of the same names."})};

    static void check(const Settings& settings);
    static void check_use(const Settings& settings, const UseSettings& use);

    OtlpBackend(Settings settings, Host host);
    void write(const Call& call, Batch& batch) override;
    void limits(cmw_log_limits& limits) const override;

  private:
    void tell_warning(const shared::PostAnswer& answer);

    Settings settings_;
    Host host_;
    shared::BatchPoster poster_;
    bool warned_ = false;
};

} // namespace cmw::otlp
