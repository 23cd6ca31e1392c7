// SPDX-License-Identifier: Apache-2.0
//
// shared/log_poster.hpp - posts batches of records to a web server that answers when it has them.
#pragma once

#include "shared/gzip.hpp"
#include "shared/http_exchange.hpp"

#include <filesystem>
#include <optional>

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
    std::string text; ///< The beginning of the body, as one line.
    std::chrono::nanoseconds retry_after{};
};

/// TLS files and the rest of what a request is made with, from options that may not be set.
HttpSettings http_settings(std::chrono::nanoseconds timeout, const std::string& proxy,
                           const std::optional<std::filesystem::path>& authorities,
                           const std::optional<std::filesystem::path>& certificate,
                           const std::optional<std::filesystem::path>& key);

/// Throws CMW_CONFIG for a URL, a header or a file that cannot be used.
void check_poster(const PosterSettings& settings);

/// For one thread. Keeps its connection from post to post.
class LogPoster {
  public:
    explicit LogPoster(PosterSettings settings);

    /// Sends it; `body` is used up. Throws where no answer comes.
    PostAnswer post(const Call& call, std::string& body);

    /// The failure that an answer is, in an operator's words.
    Error refused(const PostAnswer& answer) const;

  private:
    PosterSettings settings_;
    HttpConnection connection_;
    std::unique_ptr<Gzip> gzip_;
};

} // namespace cmw::shared
