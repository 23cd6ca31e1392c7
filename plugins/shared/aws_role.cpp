// SPDX-License-Identifier: Apache-2.0
#include "shared/aws_role.hpp"

#include "shared/file_beginning.hpp"
#include "shared/http_exchange.hpp"

#include <Poco/DateTime.h>
#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Timestamp.h>
#include <Poco/URI.h>

namespace cmw::shared {

namespace {

constexpr std::size_t longest_answer = 64 * 1024;
/// Both services are on this machine or one hop away.
constexpr std::chrono::seconds patience{2};

std::string text_of(const Poco::JSON::Object& object, const char* name) {
    const auto value = object.get(name);
    return value.isString() ? value.extract<std::string>() : "";
}

HttpSettings settings_for(const std::string& product) {
    HttpSettings settings;
    settings.timeout = patience;
    settings.proxy = "none";
    settings.user_agent = product;
    return settings;
}

/// The body of an answer 200; what else came is told by what `what` is.
std::string ask(const Call& call, const HttpRequest& request, const std::string& product,
                const std::string& what) {
    HttpExchange exchange(call, request, settings_for(product));
    if (exchange.status() == 200) return exchange.read_all(longest_answer);
    const auto status = exchange.status();
    throw Error(status == 404                    ? CMW_NOT_FOUND
                : status >= 500 || status == 429 ? CMW_AGAIN
                                                 : CMW_DENIED,
                "cannot get " + what + " from " + shown_url(request.url) + ": " +
                    std::to_string(status) + " " + exchange.reason());
}

std::string one_line(std::string text) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    if (text.find_first_of("\r\n") != text.npos)
        throw Error(CMW_INVALID,
                    "cannot use a token for the container's role: it has several lines");
    return text;
}

bool is_near(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.") ||
           host == "169.254.170.2" || host == "169.254.170.23" || host == "fd00:ec2::23";
}

bool begins_with(const char* file, std::string_view word) {
    const auto text = read_beginning(file, 256);
    return text && text->starts_with(word);
}

} // namespace

std::optional<AwsLoan> environment_loan(const Environment& environment) {
    const auto key_id = environment("AWS_ACCESS_KEY_ID");
    const auto secret = environment("AWS_SECRET_ACCESS_KEY");
    if (key_id.empty() || secret.empty()) return std::nullopt;
    return AwsLoan{{key_id, Secret(secret), Secret(environment("AWS_SESSION_TOKEN"))},
                   AwsLoan::lasting,
                   "AWS_ACCESS_KEY_ID in the environment"};
}

std::int64_t parse_role_time(const std::string& text) {
    Poco::DateTime date;
    int zone = 0;
    // Poco alone would take any text for some date.
    const bool shaped = text.size() >= 20 && text[4] == '-' && text[10] == 'T' && text[13] == ':';
    if (!shaped ||
        !Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::ISO8601_FORMAT, text, date, zone))
        throw Error(CMW_INVALID, "cannot read the role's credentials: when they end is no time");
    return date.timestamp().epochTime();
}

AwsLoan parse_role_credentials(const std::string& json) try {
    Poco::JSON::Parser parser;
    parser.setDepth(8);
    const auto root = parser.parse(json);
    if (root.type() != typeid(Poco::JSON::Object::Ptr))
        throw Error(CMW_INVALID, "cannot read the role's credentials: they are not a JSON object");
    const auto& object = *root.extract<Poco::JSON::Object::Ptr>();
    AwsLoan loan{{text_of(object, "AccessKeyId"), Secret(text_of(object, "SecretAccessKey")),
                  Secret(text_of(object, "Token"))},
                 AwsLoan::lasting,
                 {}};
    if (loan.keys.session_token.reveal().empty())
        loan.keys.session_token = Secret(text_of(object, "SessionToken")); // A program's.
    if (loan.keys.key_id.empty() || loan.keys.secret.reveal().empty())
        throw Error(CMW_INVALID,
                    "cannot read the role's credentials: there are none in the answer");
    if (const auto expires = text_of(object, "Expiration"); !expires.empty())
        loan.expires = parse_role_time(expires);
    return loan;
} catch (const Poco::Exception&) {
    throw Error(CMW_INVALID, "cannot read the role's credentials: the answer is not their JSON");
}

std::string container_url(const Environment& environment) try {
    if (const auto path = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !path.empty())
        return "http://169.254.170.2" + path;
    const auto url = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (url.empty()) return "";
    check_http_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    const Poco::URI uri(url);
    if (uri.getScheme() != "https" && !is_near(uri.getHost()))
        throw Error(CMW_CONFIG, "cannot use AWS_CONTAINER_CREDENTIALS_FULL_URI: it must be https, "
                                "or an address of this machine");
    return url;
} catch (const Poco::SyntaxException&) {
    throw Error(CMW_CONFIG, "cannot use AWS_CONTAINER_CREDENTIALS_FULL_URI: it is not a URL");
}

AwsLoan fetch_container_role(const Call& call, const Environment& environment,
                             const std::string& product) {
    HttpRequest request{.url = container_url(environment), .headers = {}, .body = {}, .target = {}};
    auto token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (const auto file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
        const auto text = read_beginning(file, longest_answer);
        if (!text)
            throw Error(CMW_AGAIN, "cannot read " + file +
                                       ", which AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names: " +
                                       std::generic_category().message(errno));
        token = *text;
    }
    if (!token.empty()) request.headers["Authorization"] = one_line(token);
    auto loan =
        parse_role_credentials(ask(call, request, product, "credentials of the container's role"));
    loan.origin = "the container's role";
    return loan;
}

bool may_have_instance_role(const Environment& environment) {
    if (environment("AWS_EC2_METADATA_DISABLED") == "true") return false;
    if (!environment("AWS_EC2_METADATA_SERVICE_ENDPOINT").empty()) return true;
    // Nitro machines and older ones; who is not in EC2 must not wait for an answer.
    return begins_with("/sys/class/dmi/id/sys_vendor", "Amazon EC2") ||
           begins_with("/sys/hypervisor/uuid", "ec2") ||
           begins_with("/sys/class/dmi/id/product_uuid", "ec2") ||
           begins_with("/sys/class/dmi/id/product_uuid", "EC2");
}

AwsLoan fetch_instance_role(const Call& call, const Environment& environment,
                            const std::string& product) {
    auto base = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    if (base.empty()) base = "http://169.254.169.254";
    check_http_url("AWS_EC2_METADATA_SERVICE_ENDPOINT", base);
    if (base.ends_with('/')) base.pop_back();
    const auto token = ask(call,
                           {.url = base + "/latest/api/token",
                            .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "300"}},
                            .method = "PUT",
                            .body = {},
                            .target = {}},
                           product, "a session of the metadata service");
    const auto get = [&](const std::string& path, const std::string& what) {
        return ask(call,
                   {.url = base + "/latest/meta-data/iam/security-credentials/" + path,
                    .headers = {{"X-aws-ec2-metadata-token", one_line(token)}},
                    .body = {},
                    .target = {}},
                   product, what);
    };
    auto role = get("", "the name of this machine's role");
    role = role.substr(0, role.find_first_of("\r\n"));
    if (role.empty())
        throw Error(CMW_NOT_FOUND, "cannot use this machine's role: it has none; give it one in "
                                   "EC2, or set access-key-id");
    auto loan =
        parse_role_credentials(get(aws_encode(role, false), "credentials of the role " + role));
    loan.origin = "this machine's role " + role;
    return loan;
}

} // namespace cmw::shared
