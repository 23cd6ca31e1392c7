// SPDX-License-Identifier: Apache-2.0
//
// loki/backend.hpp - log-backend "loki": pushes records to Grafana Loki.
#pragma once

#include "push.hpp"
#include "shared/poster_options.hpp"
#include "shared/web_options.hpp"

#include <cmw/options.hpp>

namespace cmw::loki {

class LokiBackend final : public LogBackend {
  public:
    struct Settings {
        std::string url;
        Labels labels;
        bool level_label = true;
        std::string tenant;
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
        Labels labels;
    };

    static constexpr About about{"loki", "0.1.0", "Pushes records to Grafana Loki.", "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::url>(
            {.name = "url",
             .help = "Of the server, such as http://loki:3100; /loki/api/v1/push is added to one "
                     "without a path.",
             .required = true}),
        option<&Settings::labels>(
            {.name = "labels",
             .help = "Labels of what is pushed; {stream} and {hostname} stand for their names. Not "
                     "set: job = \"cmix-wrapper\", host = \"{hostname}\", stream = \"{stream}\"."}),
        option<&Settings::level_label>(
            {.name = "level-label",
             .help = "Put the level into the label level, too: trace, debug, info, warn, error, "
                     "fatal.",
             .fallback = "true"}),
        option<&Settings::tenant>({.name = "tenant",
                                   .help = "Sent as the header X-Scope-OrgID; empty: none.",
                                   .fallback = ""}),
        option<&Settings::headers>(shared::headers_option),
        option<&Settings::bearer_token>(shared::bearer_token_option),
        option<&Settings::gzip>(
            {.name = "gzip", .help = "Compress what is pushed.", .fallback = "true"}),
        option<&Settings::max_batch>(shared::max_batch_option),
        option<&Settings::linger>(shared::linger_option),
        option<&Settings::timeout>(shared::timeout_option),
        option<&Settings::proxy>(shared::proxy_option),
        option<&Settings::ca>(shared::tls_ca_option),
        option<&Settings::certificate>(shared::tls_certificate_option),
        option<&Settings::key>(shared::tls_key_option),
    };
    static constexpr std::array use_options{option<&UseSettings::labels>(
        {.name = "labels", .help = "More labels of this stream, or others of the same names."})};

    static void check(const Settings& settings);
    static void check_use(const Settings& settings, const UseSettings& use);

    LokiBackend(Settings settings, Host host);
    void write(const Call& call, Batch& batch) override;
    void limits(cmw_log_limits& limits) const override;

  private:
    Settings settings_;
    shared::BatchPoster poster_;
};

} // namespace cmw::loki
