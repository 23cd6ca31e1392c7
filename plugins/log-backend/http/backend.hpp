// SPDX-License-Identifier: Apache-2.0
//
// http/backend.hpp - log-backend "http": posts records as JSON lines to a web server.
#pragma once

#include "shared/batch_post.hpp"
#include "shared/poster_options.hpp"
#include "shared/web_options.hpp"

#include <cmw/log_backend.hpp>
#include <cmw/options.hpp>

namespace cmw::http_logs {

class HttpBackend final : public LogBackend {
  public:
    struct Settings {
        std::string url;
        std::map<std::string, std::string> headers;
        Secret bearer_token;
        std::string content_type;
        bool gzip = false;
        Bytes max_batch{};
        std::chrono::nanoseconds linger{};
        std::chrono::nanoseconds timeout{};
        std::string proxy;
        std::optional<std::filesystem::path> ca;
        std::optional<std::filesystem::path> certificate;
        std::optional<std::filesystem::path> key;
    };

    static constexpr About about{"http", "0.1.0", "Posts records as JSON lines to a web server.",
                                 "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::url>({.name = "url",
                                .help = "Where to post to, http or https; {stream} stands for the "
                                        "stream's name.",
                                .required = true}),
        option<&Settings::headers>(shared::headers_option),
        option<&Settings::bearer_token>(shared::bearer_token_option),
        option<&Settings::content_type>({.name = "content-type",
                                         .help = "Content-Type of what is posted.",
                                         .fallback = "application/x-ndjson"}),
        option<&Settings::gzip>(
            {.name = "gzip", .help = "Compress what is posted.", .fallback = "false"}),
        option<&Settings::max_batch>(shared::max_batch_option),
        option<&Settings::linger>(shared::linger_option),
        option<&Settings::timeout>(shared::timeout_option),
        option<&Settings::proxy>(shared::proxy_option),
        option<&Settings::ca>(shared::tls_ca_option),
        option<&Settings::certificate>(shared::tls_certificate_option),
        option<&Settings::key>(shared::tls_key_option),
    };

    static void check(const Settings& settings);

    HttpBackend(Settings settings, Host host);
    void write(const Call& call, Batch& batch) override;
    void limits(cmw_log_limits& limits) const override;

  private:
    shared::BatchPoster& poster_of(std::string_view stream);

    Settings settings_;
    Host host_;
    std::map<std::string, shared::BatchPoster, std::less<>> posters_; ///< By URL.
};

} // namespace cmw::http_logs
