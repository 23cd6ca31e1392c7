// SPDX-License-Identifier: Apache-2.0
//
// Against stand-ins for the services that lend credentials, on loopback.
#include "fakes/http_server.hpp"
#include "lenders.hpp"

using namespace cmw;
using namespace cmw::shared;
using cmw::test::http_head;
using cmw::test::HttpServer;
using cmw::test::outcome_of;
using cmw::testing::TestCall;

TEST_CASE("a role's credentials are read from their JSON, or refused without showing them") {
    const auto loan = parse_role_credentials(role_json("AKIA1", "2026-01-01T00:00:10Z"));
    CHECK(loan.keys.key_id == "AKIA1");
    CHECK(loan.keys.secret.reveal() == "secret of AKIA1");
    CHECK(loan.keys.session_token.reveal() == "token of AKIA1");
    CHECK(loan.expires == 1'767'225'610);
    CHECK(parse_role_credentials(R"({"AccessKeyId": "a", "SecretAccessKey": "b"})").expires ==
          AwsLoan::lasting);
    for (const std::string json :
         {"", "{", "[]", "5", "null", R"({"AccessKeyId": "a"})",
          R"({"AccessKeyId": 5, "SecretAccessKey": "hidden"})",
          R"({"AccessKeyId": "a", "SecretAccessKey": "hidden", "Expiration": "soon"})",
          "[[[[[[[[[[[[[[[[[[[["}) {
        CAPTURE(json);
        const auto refused = outcome_of([&] { parse_role_credentials(json); });
        CHECK(refused.status == CMW_INVALID);
        CHECK_FALSE(refused.says("hidden"));
    }
}

TEST_CASE("a machine's role is asked for by a session") {
    const Lender lender(instance_service);
    Variables variables{{"AWS_EC2_METADATA_SERVICE_ENDPOINT", lender.server.url("/")}};
    const TestCall call;
    CHECK(may_have_instance_role(variables.environment()));
    const auto loan = fetch_instance_role(call.handle(), variables.environment(), "test");
    CHECK(loan.keys.key_id == "AKIAROLE");
    CHECK(loan.origin == "this machine's role node role");
    const auto requests = lender.server.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].method == "PUT");
    CHECK(requests[0].target == "/latest/api/token");
    CHECK(requests[0].header("x-aws-ec2-metadata-token-ttl-seconds") == "300");
    CHECK(requests[0].header("content-length") == "0");
    CHECK(requests[1].header("x-aws-ec2-metadata-token") == "session");
    CHECK(requests[2].target == "/latest/meta-data/iam/security-credentials/node%20role");
}

TEST_CASE("a machine without a role, or with a service that fails, is told apart") {
    const TestCall call;
    const auto refusal_of = [&](const std::string& status, bool only_roles) {
        const HttpServer server([&](const auto& request, auto& connection) {
            if (only_roles && request.method == "PUT")
                return connection.send(http_head("200 OK", {"Content-Length: 1"}) + "s");
            connection.send(http_head(status, {"Content-Length: 0"}));
        });
        Variables variables{{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url("")}};
        return outcome_of(
            [&] { fetch_instance_role(call.handle(), variables.environment(), "test"); });
    };
    CHECK(refusal_of("404 Not Found", true).status == CMW_NOT_FOUND);
    CHECK(refusal_of("200 OK", true).says("it has none"));
    CHECK(refusal_of("403 Forbidden", false).status == CMW_DENIED);
    CHECK(refusal_of("503 Unavailable", false).status == CMW_AGAIN);
}

TEST_CASE("nobody waits for the metadata service where there is none") {
    Variables off{{"AWS_EC2_METADATA_DISABLED", "true"},
                  {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1"}};
    CHECK_FALSE(may_have_instance_role(off.environment()));
}

TEST_CASE("a container's agent is asked where the environment says, and nobody else") {
    const auto url = [](Variables variables) { return container_url(variables.environment()); };
    CHECK(url({}) == "");
    CHECK(url({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"}}) ==
          "http://169.254.170.2/v2/x");
    for (const auto* full :
         {"http://127.0.0.1:80/x", "http://[::1]/x", "http://localhost/x", "https://example.org/x",
          "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials"})
        CHECK(url({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", full}}) == full);
    for (const auto* full : {"http://example.org/x", "http://10.0.0.1/", "ftp://localhost/x",
                             "localhost/x", "http://127.0.0.1:x:y/"}) {
        CAPTURE(full);
        CHECK(outcome_of([&] {
                  url({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", full}});
              }).status == CMW_CONFIG);
    }
}

TEST_CASE("a container's role is asked for with its token, read anew each time") {
    const Lender lender(container_service);
    const test::TemporaryFolder folder;
    const auto token = folder / "token";
    Variables variables{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", lender.server.url("/get?x=1")},
                        {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token}};
    const TestCall call;
    const auto fetch = [&] {
        return outcome_of(
            [&] { fetch_container_role(call.handle(), variables.environment(), "test"); });
    };
    CHECK(fetch().says(token));
    test::write_text(token, "first\n");
    CHECK(fetch().text == "");
    test::write_text(token, "second");
    CHECK(fetch().text == "");
    test::write_text(token, "two\r\nlines");
    CHECK(fetch().status == CMW_INVALID);
    const auto requests = lender.server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].target == "/get?x=1");
    CHECK(requests[0].header("authorization") == "first");
    CHECK(requests[1].header("authorization") == "second");
}
