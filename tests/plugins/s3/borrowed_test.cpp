// SPDX-License-Identifier: Apache-2.0
// Credentials for a web identity, and those that a program prints.
#include "lenders.hpp"
#include "shared/aws_process.hpp"
#include "shared/aws_sts.hpp"
#include "shared/aws_web_identity.hpp"

using namespace cmw;
using namespace cmw::shared;
using cmw::test::HttpServer;
using cmw::test::outcome_of;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;
using cmw::testing::TestCall;

namespace {

constexpr std::int64_t now = 1'700'000'000;

const std::string answer =
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
    "<AccessKeyId>AKIAWEB</AccessKeyId><SecretAccessKey>a/secret+1</SecretAccessKey>"
    "<SessionToken>a/token==</SessionToken><Expiration>2023-11-14T23:13:20Z</Expiration>"
    "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

struct Home {
    TemporaryFolder folder;
    TestCall call;
    Variables variables{{"HOME", folder.path().string()}, {"AWS_EC2_METADATA_DISABLED", "true"}};
    AwsCredentialSettings settings;

    AwsCredentials make() const { return {settings, variables.environment(), "cmix-wrapper/test"}; }
    AwsKeys keys() const {
        auto credentials = make();
        return *credentials.get(call.handle(), now);
    }
    void use_program(const std::string& script) const {
        write_text(folder / "a program", "#!/bin/sh\n" + script + "\n");
        std::filesystem::permissions(folder / "a program", std::filesystem::perms::owner_all);
        write_text(folder / ".aws/config",
                   "[default]\ncredential_process = \"" + folder / "a program" + "\" --for node\n");
    }
};

} // namespace

TEST_CASE("the token service's XML is read, and nothing of it is told") {
    const auto loan = parse_sts_credentials(answer);
    CHECK(loan.keys.key_id == "AKIAWEB");
    CHECK(loan.keys.secret.reveal() == "a/secret+1");
    CHECK(loan.keys.session_token.reveal() == "a/token==");
    CHECK(loan.expires == now + 3'600);
    const std::string wrong[] = {"", "<Credentials>", "<Credentials></Credentials>",
                                 "<Credentials><AccessKeyId>AKIAWEB</AccessKeyId></Credentials>",
                                 "AKIAWEB"};
    for (const auto& xml : wrong) {
        const auto outcome = outcome_of([&] { parse_sts_credentials(xml); });
        CHECK(outcome.status == CMW_INVALID);
        CHECK_FALSE(outcome.says("AKIAWEB"));
    }
}

TEST_CASE_FIXTURE(Home, "a role is taken by a web identity") {
    std::string asked;
    bool refuses = false;
    const HttpServer service([&](const auto& request, auto& connection) {
        asked = connection.receive(std::stoul(request.header("content-length")));
        if (refuses)
            connection.send(test::http_head("400 Bad Request") +
                            "<Error><Code>ExpiredTokenException</Code></Error>");
        else
            connection.send(ok(answer));
    });
    write_text(folder / "token", "a.token/1\n");
    variables.values["AWS_WEB_IDENTITY_TOKEN_FILE"] = folder / "token";
    variables.values["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/node";
    variables.values["AWS_ENDPOINT_URL_STS"] = service.url("");
    CHECK(keys().key_id == "AKIAWEB");
    CHECK(asked == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="
                   "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fnode&RoleSessionName=cmix-wrapper"
                   "&WebIdentityToken=a.token%2F1");
    settings.source = "web-identity";
    refuses = true;
    const auto refused = outcome_of([&] { keys(); });
    CHECK(refused.status == CMW_DENIED);
    CHECK(refused.says("ExpiredTokenException"));
    CHECK_FALSE(refused.says("a.token"));
    std::filesystem::remove(folder / "token");
    CHECK(outcome_of([&] { keys(); }).says("cannot read the web identity token"));
    variables.values.erase("AWS_ROLE_ARN");
    CHECK(outcome_of([&] { keys(); }).says("credentials = \"web-identity\""));

    refuses = false;
    write_text(folder / "token", "other");
    write_text(folder / ".aws/config", "[default]\nrole_arn = r\nrole_session_name = me\n"
                                       "web_identity_token_file = " +
                                           folder / "token" + "\n");
    settings.source = "profile";
    CHECK(keys().key_id == "AKIAWEB");
    CHECK(asked.ends_with("RoleArn=r&RoleSessionName=me&WebIdentityToken=other"));
}

TEST_CASE("a command is split without a shell") {
    using Words = std::vector<std::string>;
    CHECK(split_command("/bin/a") == Words{"/bin/a"});
    CHECK(split_command("  /bin/a\t-x  'y' ") == Words{"/bin/a", "-x", "'y'"});
    CHECK(split_command("\"/opt/a b\" \"\" c\"d e\"") == Words{"/opt/a b", "", "cd e"});
    CHECK(split_command("a $(b) | c; d") == Words{"a", "$(b)", "|", "c;", "d"});
    for (const auto* wrong : {"", "  ", "\"a", "\"\" a"})
        CHECK(outcome_of([&] { split_command(wrong); }).status == CMW_CONFIG);
}

TEST_CASE_FIXTURE(Home, "a program prints credentials") {
    use_program(R"(echo "noise" >&2
echo '{"Version": 1, "AccessKeyId": "AKIA'$2'", "SecretAccessKey": "s", "SessionToken": "t",
       "Expiration": "2100-01-01T00:00:00Z"}')");
    const auto found = keys();
    CHECK(found.key_id == "AKIAnode");
    CHECK(found.secret.reveal() == "s");
    CHECK(found.session_token.reveal() == "t");
}

TEST_CASE_FIXTURE(Home, "a program that fails is told, without what it printed") {
    struct Row {
        const char* script;
        cmw_status status;
        const char* part;
    };
    const Row rows[] = {
        {"echo a-secret; exit 3", CMW_DENIED, "it failed"},
        {"echo a-secret", CMW_INVALID, "not their JSON"},
        {"head -c 200000 /dev/zero", CMW_INVALID, "prints too much"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.script);
        use_program(row.script);
        const auto outcome = outcome_of([&] { keys(); });
        INFO(outcome.text);
        CHECK(outcome.status == row.status);
        CHECK(outcome.says(row.part));
        CHECK_FALSE(outcome.says("a-secret"));
    }
    std::filesystem::remove(folder / "a program");
    CHECK(outcome_of([&] { keys(); }).says("which credential_process names: No such file"));
}

TEST_CASE_FIXTURE(Home, "a program that hangs ends with the call") {
    use_program("sleep 1000");
    auto credentials = make();
    std::jthread canceller([&] { call.cancel(); });
    CHECK(outcome_of([&] { credentials.get(call.handle(), now); }).status == CMW_CANCELLED);
}
