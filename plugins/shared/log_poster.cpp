// SPDX-License-Identifier: Apache-2.0
#include "shared/log_poster.hpp"

#include "shared/http_answer.hpp"
#include "shared/lower_case.hpp"

#include <algorithm>
#include <array>

namespace cmw::shared {

namespace {

/// Many servers close connections that were idle for 5 s.
constexpr std::chrono::seconds idle_limit{4};
constexpr std::size_t longest_answer = 64 * 1024;
constexpr std::size_t longest_shown = 300;

/// Header lines that are ours.
constexpr std::array reserved{"connection", "content-encoding", "content-length", "host",
                              "transfer-encoding"};

bool is_token(const std::string& name) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~"; // RFC 9110, 5.6.2
    const auto fits = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != marks.npos;
    };
    return !name.empty() && std::ranges::all_of(name, fits);
}

bool is_header_value(const std::string& value) {
    return std::ranges::none_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7F;
    });
}

std::string one_line(std::string text) {
    for (auto& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

std::int32_t status_of(int http_status) {
    if (http_status == 401 || http_status == 403) return CMW_DENIED;
    if (http_status == 404) return CMW_NOT_FOUND;
    const bool ours = http_status >= 400 && http_status < 500 && http_status != 408;
    return ours && http_status != 429 ? CMW_INVALID : CMW_AGAIN;
}

} // namespace

void check_poster(const PosterSettings& settings) {
    check_http_url("url", settings.url);
    check_http_settings(settings.http);
    for (const auto& [name, value] : settings.headers) {
        if (std::ranges::find(reserved, lower_case(name)) != reserved.end())
            throw Error(CMW_CONFIG, "cannot send the header " + name + ": it is set by itself");
        if (!is_token(name) || !is_header_value(value))
            throw Error(CMW_CONFIG, "cannot send the header \"" + one_line(name) +
                                        "\": its name must be a word, its value one line");
    }
}

LogPoster::LogPoster(PosterSettings settings)
    : settings_(std::move(settings)),
      connection_(idle_limit),
      gzip_(settings_.gzip ? std::make_unique<Gzip>() : nullptr) {}

PostAnswer LogPoster::post(const Call& call, std::string& body) {
    HttpRequest request{.url = settings_.url,
                        .headers = settings_.headers,
                        .method = "POST",
                        .body = {},
                        .target = {}};
    if (gzip_) request.headers["Content-Encoding"] = "gzip";
    const auto sent = std::move(gzip_ ? gzip_->compress(body) : body);
    request.body = HttpBody(sent);
    HttpExchange exchange(call, request, settings_.http, &connection_);
    PostAnswer answer{exchange.status(), exchange.reason(), "",
                      parse_retry_after(exchange.header("Retry-After"), unix_seconds())};
    answer.text = one_line(exchange.read_all(longest_answer));
    return answer;
}

std::string shown_text(const PostAnswer& answer) {
    return answer.text.substr(0, longest_shown);
}

std::string LogPoster::server() const {
    return shown_url(settings_.url);
}

Error LogPoster::refused(const PostAnswer& answer) const {
    auto text =
        "cannot post to " + server() + ": " + std::to_string(answer.status) + " " + answer.reason;
    if (!answer.text.empty()) text += ": " + shown_text(answer);
    return {status_of(answer.status), text, answer.retry_after};
}

} // namespace cmw::shared
