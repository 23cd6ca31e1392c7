// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_sts.hpp"

#include "shared/aws_service.hpp"
#include "shared/http_answer.hpp"
#include "shared/http_exchange.hpp"

namespace cmw::shared {

namespace {

constexpr std::size_t longest_answer = 64 * 1024;

/// What stands in the first element of that name; "" if there is none. None of the values has
/// characters that XML would write otherwise.
std::string element(std::string_view xml, const std::string& name) {
    const auto open = "<" + name + ">";
    const auto begin = xml.find(open);
    if (begin == xml.npos) return "";
    const auto end = xml.find("</" + name + ">", begin);
    if (end == xml.npos) return "";
    return std::string(xml.substr(begin + open.size(), end - begin - open.size()));
}

std::string body_of(const StsQuery& query) {
    std::string body;
    for (const auto& [name, value] : query)
        body += (body.empty() ? "" : "&") + name + "=" + aws_encode(value, false);
    return body;
}

} // namespace

StsPlace sts_place(const Environment& environment, const std::string& region) {
    StsPlace place{"https://sts.amazonaws.com", aws_region("", environment)};
    if (place.region.empty()) place.region = region;
    check_aws_place(place.region, "");
    if (auto url = environment("AWS_ENDPOINT_URL_STS"); !url.empty()) {
        check_http_url("AWS_ENDPOINT_URL_STS", url);
        if (url.ends_with('/')) url.pop_back();
        place.server = url;
    } else if (!place.region.empty()) {
        place.server = aws_server("sts", place.region, "");
    }
    if (place.region.empty()) place.region = "us-east-1";
    return place;
}

AwsLoan parse_sts_credentials(std::string_view xml) {
    const auto credentials = element(xml, "Credentials");
    AwsLoan loan{{element(credentials, "AccessKeyId"),
                  Secret(element(credentials, "SecretAccessKey")),
                  Secret(element(credentials, "SessionToken"))},
                 AwsLoan::lasting,
                 {}};
    if (loan.keys.key_id.empty() || loan.keys.secret.reveal().empty())
        throw Error(CMW_INVALID, "cannot read the role's credentials: there are none in the answer "
                                 "of the token service");
    if (const auto expires = element(credentials, "Expiration"); !expires.empty())
        loan.expires = parse_role_time(expires);
    return loan;
}

std::string session_name(const std::string& wanted, const std::string& product) {
    return wanted.empty() ? product.substr(0, product.find_first_of("/ ")) : wanted;
}

AwsLoan ask_sts(const Call& call, const StsPlace& place, const StsQuery& query,
                const std::optional<StsSigner>& signer, const std::string& product,
                const std::string& what) {
    const auto body = body_of(query);
    HttpRequest request{.url = place.server + "/",
                        .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                        .method = "POST",
                        .body = HttpBody(body),
                        .target = {}};
    if (signer) {
        request.headers["Host"] = host_header(request.url);
        const AwsRequest to_sign{.method = request.method,
                                 .query = {},
                                 .headers = {request.headers.begin(), request.headers.end()},
                                 .body = body,
                                 .body_digest = {}};
        request.headers.merge(sign(to_sign, {place.region, "sts", signer->now}, signer->keys));
    }
    HttpSettings settings;
    settings.user_agent = product;
    HttpExchange exchange(call, request, settings);
    const auto answer = exchange.read_all(longest_answer);
    if (exchange.status() == 200) return parse_sts_credentials(answer);
    const auto code = element(answer, "Code").substr(0, 60);
    throw Error(exchange.status() >= 500 || exchange.status() == 429 ? CMW_AGAIN : CMW_DENIED,
                "cannot " + what + ": " + place.server + " answers " +
                    std::to_string(exchange.status()) + " " + exchange.reason() +
                    (code.empty() ? "" : ", " + code));
}

} // namespace cmw::shared
