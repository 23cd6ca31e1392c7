// SPDX-License-Identifier: Apache-2.0
#include "fakes/s3/fake_s3.hpp"

#include "fakes/aws_texts.hpp"
#include "shared/aws_signature.hpp"
#include "shared/http_answer.hpp"

#include <Poco/URI.h>

namespace cmw::test {

namespace {

using Request = HttpServer::Request;

/// The header Authorization that the request should have.
std::string expected(const S3State& s3, const Request& request, const std::string& path,
                     const std::string& region) {
    shared::AwsRequest to_sign{
        .method = request.method, .path = path, .query = {}, .headers = {}, .body = {}};
    auto names = between(request.header("authorization"), "SignedHeaders=", ",") + ";";
    for (std::size_t end = 0; (end = names.find(';')) != names.npos; names.erase(0, end + 1)) {
        const auto name = names.substr(0, end);
        if (name != "x-amz-date" && name != "x-amz-content-sha256" &&
            name != "x-amz-security-token")
            to_sign.headers.emplace_back(name, request.header(name));
    }
    const shared::AwsKeys keys{s3.key_id, Secret(s3.secret),
                               Secret(request.header("x-amz-security-token"))};
    const shared::AwsScope scope{region, "s3", time_of(request.header("x-amz-date"))};
    return shared::sign(to_sign, scope, keys).at("Authorization");
}

/// The answer that refuses a request; "" if it may go on.
std::string refusal(const S3State& s3, const Request& request, const std::string& path) {
    const auto authorization = request.header("authorization");
    if (authorization.empty())
        return s3.for_everybody ? "" : s3_refusal("403 Forbidden", "AccessDenied");
    const auto credential = between(authorization, "Credential=", ",");
    if (!credential.starts_with(s3.key_id + "/"))
        return s3_refusal("403 Forbidden", "InvalidAccessKeyId");
    if (request.header("x-amz-security-token") != s3.session_token)
        return s3_refusal("400 Bad Request", "ExpiredToken");
    const auto region = between(credential.substr(s3.key_id.size() + 1), "/", "/");
    if (region != s3.region)
        return s3_refusal("400 Bad Request", "AuthorizationHeaderMalformed",
                          "<Region>" + s3.region + "</Region>");
    const auto now = shared::unix_seconds() + s3.clock;
    if (std::abs(time_of(request.header("x-amz-date")) - now) > 15 * 60)
        return s3_refusal("403 Forbidden", "RequestTimeTooSkewed", "", {"Date: " + http_date(now)});
    if (authorization != expected(s3, request, path, region))
        return s3_refusal("403 Forbidden", "SignatureDoesNotMatch");
    return "";
}

} // namespace

std::string s3_refusal(const std::string& status, const std::string& code, const std::string& more,
                       const std::vector<std::string>& headers) {
    const auto body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code +
                      "</Code><Message>In the service&apos;s words.</Message>" + more + "</Error>";
    auto lines = headers;
    lines.push_back("Content-Type: application/xml");
    lines.push_back("Content-Length: " + std::to_string(body.size()));
    return http_head(status, lines) + body;
}

std::string s3_etag(const std::string& content) {
    return "\"" + shared::sha256_hex(content).substr(0, 32) + "\"";
}

HttpServer::Handler FakeS3::handler() const {
    return [this](const Request& request, HttpServer::Connection& connection) {
        const auto s3 = state();
        const auto path = Poco::URI("http://host" + request.target).getPath();
        if (const auto answer = refusal(s3, request, path); !answer.empty())
            return connection.send(answer);
        const auto start = "/" + s3.bucket + "/";
        if (!path.starts_with(start))
            return connection.send(s3_refusal("404 Not Found", "NoSuchBucket"));
        const auto object = s3.objects.find(path.substr(start.size()));
        if (object == s3.objects.end())
            return connection.send(s3_refusal("404 Not Found", "NoSuchKey"));
        const auto& content = object->second;
        const auto match = request.header("if-match");
        if (!match.empty() && match != s3_etag(content))
            return connection.send(s3_refusal("412 Precondition Failed", "PreconditionFailed"));
        if (request.header("if-none-match") == s3_etag(content))
            return connection.send(http_head("304 Not Modified", {"ETag: " + s3_etag(content)}));
        const auto from = request.range_from();
        const auto size = std::to_string(content.size());
        if (from != 0 && from >= content.size())
            return connection.send(s3_refusal("416 Requested Range Not Satisfiable", "InvalidRange",
                                              "<ActualObjectSize>" + size + "</ActualObjectSize>"));
        std::vector<std::string> lines{"ETag: " + s3_etag(content),
                                       "Content-Length: " + std::to_string(content.size() - from)};
        if (from != 0)
            lines.push_back("Content-Range: bytes " + std::to_string(from) + "-" +
                            std::to_string(content.size() - 1) + "/" + size);
        connection.send(http_head(from == 0 ? "200 OK" : "206 Partial Content", lines) +
                        content.substr(from).substr(0, s3.send_at_most));
    };
}

} // namespace cmw::test
