// SPDX-License-Identifier: Apache-2.0
//
// shared/log_poster.hpp - posts batches of records to a web server that answers when it has them.
#pragma once

#include "shared/gzip.hpp"
#include "shared/http_exchange.hpp"

#include <utility>

namespace cmw::shared {

struct PosterSettings {
    std::string url;
    HttpRequest::Headers headers; ///< Content-Type among them.
    bool gzip = false;
    HttpSettings http;
};

struct PostAnswer {
    int status = 0;
    std::string reason;
    std::string text; ///< Of the body, up to 64 KiB, as one line.
    std::chrono::nanoseconds retry_after{};
};

/// From the options that each backend over it has (poster_options.hpp, web_options.hpp).
template <class Settings>
PosterSettings poster_settings(const Settings& settings, std::string url,
                               const std::string& content_type) {
    PosterSettings made{std::move(url), settings.headers, settings.gzip,
                        http_settings(settings.timeout, settings.proxy, settings.ca,
                                      settings.certificate, settings.key)};
    made.headers["Content-Type"] = content_type;
    if (const auto& token = settings.bearer_token.reveal(); !token.empty())
        made.headers["Authorization"] = "Bearer " + token;
    made.http.user_agent = "cmix-wrapper";
    return made;
}

/// Throws CMW_CONFIG for a URL, a header or a file that cannot be used.
void check_poster(const PosterSettings& settings);

/// As much of its text as fits into a line for an operator.
std::string shown_text(const PostAnswer& answer);

/// For one thread. Keeps its connection from post to post.
class LogPoster {
  public:
    explicit LogPoster(PosterSettings settings);

    /// Sends it; `body` is used up. Throws where no answer comes.
    PostAnswer post(const Call& call, std::string& body);

    /// The failure that an answer is, in an operator's words.
    Error refused(const PostAnswer& answer) const;

    /// Its URL, without what may be secret.
    std::string server() const;

  private:
    PosterSettings settings_;
    HttpConnection connection_;
    std::unique_ptr<Gzip> gzip_;
};

} // namespace cmw::shared
