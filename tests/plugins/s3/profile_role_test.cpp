// SPDX-License-Identifier: Apache-2.0
// Roles that a profile takes by another profile, or by what the environment has.
#include "fakes/aws_texts.hpp"
#include "lenders.hpp"

#include <mutex>

using namespace cmw;
using namespace cmw::shared;
using cmw::test::HttpServer;
using cmw::test::outcome_of;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;
using cmw::testing::TestCall;

namespace {

constexpr std::int64_t now = 1'700'000'000;

/// The token service: lends AKIA1, AKIA2 and so on to who signs with AKIASOURCE, or with what it lent.
class TokenService {
  public:
    std::string url() const { return server_.url(""); }
    std::vector<std::string> bodies() const {
        const std::lock_guard lock(mutex_);
        return bodies_;
    }
    std::atomic<bool> refuses = false;
    std::string region = "us-east-1";

  private:
    static std::string secret_of(const std::string& key_id) { return "secret of " + key_id; }

    bool is_signed(const HttpServer::Request& request, const std::string& body) const {
        const auto authorization = request.header("authorization");
        const auto key_id = test::between(authorization, "Credential=", "/");
        const auto token = request.header("x-amz-security-token");
        if (token != (key_id == "AKIASOURCE" ? "" : "token of " + key_id)) return false;
        const AwsRequest to_sign{.method = "POST",
                                 .query = {},
                                 .headers = {{"Host", request.header("host")},
                                             {"Content-Type", request.header("content-type")}},
                                 .body = body,
                                 .body_digest = {}};
        const AwsScope scope{region, "sts", test::time_of(request.header("x-amz-date"))};
        return scope.time == now &&
               sign(to_sign, scope, {key_id, Secret(secret_of(key_id)), Secret(token)})
                       .at("Authorization") == authorization;
    }
    std::string answer(const HttpServer::Request& request, const std::string& body) {
        const std::lock_guard lock(mutex_);
        bodies_.push_back(body);
        if (refuses || !is_signed(request, body))
            return test::http_head("403 Forbidden") + "<Error><Code>AccessDenied</Code></Error>";
        const auto key_id = "AKIA" + std::to_string(bodies_.size());
        return ok("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" + key_id +
                  "</AccessKeyId><SecretAccessKey>" + secret_of(key_id) +
                  "</SecretAccessKey><SessionToken>token of " + key_id +
                  "</SessionToken><Expiration>2023-11-14T23:13:20Z</Expiration></Credentials>"
                  "</AssumeRoleResult></AssumeRoleResponse>");
    }

    mutable std::mutex mutex_;
    std::vector<std::string> bodies_;
    HttpServer server_{[this](const auto& request, auto& connection) {
        const auto body = connection.receive(std::stoul(request.header("content-length")));
        connection.send(answer(request, body));
    }};
};

struct Home {
    Home() { variables.values["AWS_ENDPOINT_URL_STS"] = service.url(); }

    void write_config(const std::string& text) const { write_text(folder / ".aws/config", text); }
    AwsCredentials make() const { return {settings, variables.environment(), "cmix-wrapper/test"}; }
    std::string key_id() const {
        auto credentials = make();
        return credentials.get(call.handle(), now)->key_id;
    }
    test::Outcome failure() const {
        return outcome_of([&] { key_id(); });
    }

    TokenService service;
    TemporaryFolder folder;
    TestCall call;
    Variables variables{{"HOME", folder.path().string()}, {"AWS_EC2_METADATA_DISABLED", "true"}};
    AwsCredentialSettings settings;
};

const std::string source = "[source]\naws_access_key_id = AKIASOURCE\n"
                           "aws_secret_access_key = secret of AKIASOURCE\n";

} // namespace

TEST_CASE_FIXTURE(Home, "a profile takes a role by the keys of another one") {
    write_text(folder / ".aws/credentials", source);
    write_config("[default]\nrole_arn = arn:aws:iam::1:role/node\nsource_profile = source\n");
    auto credentials = make();
    CHECK(credentials.get(call.handle(), now)->session_token.reveal() == "token of AKIA1");
    CHECK(credentials.origin() == "the role arn:aws:iam::1:role/node of the profile default");
    CHECK(service.bodies().back() == "Action=AssumeRole&Version=2011-06-15&RoleArn="
                                     "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fnode"
                                     "&RoleSessionName=cmix-wrapper");
    credentials.get(call.handle(), now + 3'299); // They end after an hour.
    CHECK(service.bodies().size() == 1);

    service.region = "eu-west-1";
    write_config("[default]\nrole_arn = r\nsource_profile = source\nregion = eu-west-1\n"
                 "external_id = a+b\nrole_session_name = me\nduration_seconds = 900\n");
    CHECK(key_id() == "AKIA2");
    CHECK(service.bodies().back().ends_with(
        "&RoleArn=r&RoleSessionName=me&ExternalId=a%2Bb&DurationSeconds=900"));
    service.region = "us-west-2";
    variables.values["AWS_REGION"] = "us-west-2";
    CHECK(key_id() == "AKIA3");
}

TEST_CASE_FIXTURE(Home, "roles are taken one by the other, and by a profile's own keys") {
    write_text(folder / ".aws/credentials", source +
                                                "[mine]\naws_access_key_id = AKIASOURCE\n"
                                                "aws_secret_access_key = secret of AKIASOURCE\n");
    write_config("[profile a]\nrole_arn = one\nsource_profile = b\n"
                 "[profile b]\nrole_arn = two\nsource_profile = source\n"
                 "[profile mine]\nrole_arn = three\nsource_profile = mine\n");
    settings.profile = "a";
    CHECK(key_id() == "AKIA2");
    CHECK(service.bodies()[0].find("RoleArn=two") != std::string::npos);
    CHECK(service.bodies()[1].find("RoleArn=one") != std::string::npos);
    settings.profile = "mine";
    CHECK(key_id() == "AKIA3");
}

TEST_CASE_FIXTURE(Home, "a role is taken by what the environment or the container has") {
    settings.source = "profile";
    write_config("[default]\nrole_arn = r\ncredential_source = Environment\n");
    CHECK(failure().says("which has no keys"));
    variables.values["AWS_ACCESS_KEY_ID"] = "AKIASOURCE";
    variables.values["AWS_SECRET_ACCESS_KEY"] = "secret of AKIASOURCE";
    CHECK(key_id() == "AKIA1");
    const Lender container(container_service);
    variables.values["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = container.server.url("/");
    write_config("[default]\nrole_arn = r\ncredential_source = EcsContainer\n");
    CHECK(key_id() == "AKIA2");
}

TEST_CASE_FIXTURE(Home, "a role that cannot be taken is told, without secrets") {
    write_text(folder / ".aws/credentials", source);
    const std::string begin = "[default]\nrole_arn = r\n";
    const std::pair<std::string, const char*> rows[] = {
        {begin + "source_profile = other\n", "its source_profile other has no keys"},
        {begin + "source_profile = source\nmfa_serial = x\n", "mfa_serial wants a person"},
        {begin + "credential_source = Moon\n", "its credential_source is none that there is"},
        {begin + "source_profile = a\n[profile a]\nrole_arn = s\nsource_profile = default\n",
         "its source_profile default asks it again"},
        {begin + "source_profile = default\n", "its source_profile default has no keys"},
    };
    for (const auto& [config, part] : rows) {
        CAPTURE(config);
        write_config(config);
        const auto outcome = failure();
        INFO(outcome.text);
        CHECK(outcome.status == CMW_CONFIG);
        CHECK(outcome.says(part));
    }
    CHECK(service.bodies().empty());
    write_config(begin + "source_profile = source\n");
    service.refuses = true;
    const auto refused = failure();
    CHECK(refused.status == CMW_DENIED);
    CHECK(refused.says("cannot take the role r of the profile default by the profile source in"));
    CHECK(refused.says("403 Forbidden, AccessDenied"));
    CHECK_FALSE(refused.says("secret of"));
}
