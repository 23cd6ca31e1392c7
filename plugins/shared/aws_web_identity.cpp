// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_web_identity.hpp"

#include "shared/aws_service.hpp"
#include "shared/file_beginning.hpp"
#include "shared/http_exchange.hpp"

namespace cmw::shared {

namespace {

constexpr std::size_t longest_answer = 64 * 1024;
constexpr std::size_t longest_token = 64 * 1024;

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

std::string service_of(const Environment& environment) {
    if (auto url = environment("AWS_ENDPOINT_URL_STS"); !url.empty()) {
        check_http_url("AWS_ENDPOINT_URL_STS", url);
        if (url.ends_with('/')) url.pop_back();
        return url;
    }
    const auto region = aws_region("", environment);
    return region.empty() ? "https://sts.amazonaws.com" : aws_server("sts", region, "");
}

std::string token_in(const std::string& file) {
    auto token = read_beginning(file, longest_token);
    if (!token)
        throw Error(CMW_AGAIN, "cannot read the web identity token " + file + ": " +
                                   std::generic_category().message(errno));
    while (token->ends_with('\n') || token->ends_with('\r')) token->pop_back();
    return *token;
}

/// Names of sessions have few characters.
std::string session_name(const WebIdentity& identity, const std::string& product) {
    if (!identity.session.empty()) return identity.session;
    return product.substr(0, product.find_first_of("/ "));
}

} // namespace

std::optional<WebIdentity> web_identity_of(const Environment& environment) {
    WebIdentity identity{environment("AWS_WEB_IDENTITY_TOKEN_FILE"), environment("AWS_ROLE_ARN"),
                         environment("AWS_ROLE_SESSION_NAME")};
    if (identity.token_file.empty() || identity.role.empty()) return std::nullopt;
    return identity;
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

AwsLoan fetch_web_identity(const Call& call, const WebIdentity& identity,
                           const Environment& environment, const std::string& product) {
    const auto service = service_of(environment);
    HttpRequest request{.url = service + "/",
                        .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                        .method = "POST",
                        .body = {},
                        .target = {}};
    request.body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" +
                   aws_encode(identity.role, false) +
                   "&RoleSessionName=" + aws_encode(session_name(identity, product), false) +
                   "&WebIdentityToken=" + aws_encode(token_in(identity.token_file), false);
    HttpSettings settings;
    settings.user_agent = product;
    HttpExchange exchange(call, request, settings);
    const auto answer = exchange.read_all(longest_answer);
    if (exchange.status() != 200) {
        const auto code = element(answer, "Code").substr(0, 60);
        throw Error(exchange.status() >= 500 || exchange.status() == 429 ? CMW_AGAIN : CMW_DENIED,
                    "cannot take the role " + identity.role + " by the web identity token " +
                        identity.token_file + ": " + service + " answers " +
                        std::to_string(exchange.status()) + " " + exchange.reason() +
                        (code.empty() ? "" : ", " + code));
    }
    auto loan = parse_sts_credentials(answer);
    loan.origin = "the role " + identity.role + " by web identity";
    return loan;
}

} // namespace cmw::shared
