// SPDX-License-Identifier: Apache-2.0
#include "lenders.hpp"

using namespace cmw;
using namespace cmw::shared;
using cmw::test::outcome_of;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;
using cmw::testing::TestCall;

namespace {

constexpr std::int64_t now = 1'700'000'000;

/// A home with a profile in each of the two files, and no way out of this machine.
struct Home {
    TemporaryFolder folder;
    TestCall call;
    Variables variables{{"HOME", folder.path().string()}, {"AWS_EC2_METADATA_DISABLED", "true"}};
    AwsCredentialSettings settings;

    void write_files() {
        std::filesystem::create_directory(folder / ".aws");
        write_text(folder / ".aws/credentials",
                   "[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = f\n"
                   "aws_session_token = ft\n");
        write_text(folder / ".aws/config", "[profile other]\naws_access_key_id = AKIAOTHER\n"
                                           "aws_secret_access_key = o\n"
                                           "[profile sso]\nsso_session = x\n");
    }
    AwsCredentials make() const { return {settings, variables.environment(), "cmix-wrapper/test"}; }
    std::string key_id() const {
        auto credentials = make();
        const auto keys = credentials.get(call.handle(), now);
        return keys ? keys->key_id : "nobody";
    }
    test::Outcome failure() const {
        return outcome_of([&] { key_id(); });
    }
};

} // namespace

TEST_CASE_FIXTURE(Home, "credentials are taken from the first place that has any") {
    const Lender container(container_service);
    const Lender instance(instance_service);
    write_files();
    settings.key_id = "AKIAOPTION";
    settings.secret = Secret("s");
    variables.values["AWS_ACCESS_KEY_ID"] = "AKIAENV";
    variables.values["AWS_SECRET_ACCESS_KEY"] = "e";
    CHECK(key_id() == "AKIAOPTION");
    settings.key_id = "";
    settings.secret = {};
    CHECK(key_id() == "AKIAENV");
    variables.values.erase("AWS_SECRET_ACCESS_KEY");
    CHECK(key_id() == "AKIAFILE");
    settings.profile = "other";
    CHECK(key_id() == "AKIAOTHER");
    settings.profile = "";
    variables.values["AWS_PROFILE"] = "other";
    CHECK(key_id() == "AKIAOTHER");
    variables.values["AWS_CONFIG_FILE"] = "/nonexistent";
    variables.values["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = container.server.url("/");
    CHECK(key_id() == "AKIAROLE");
    CHECK(container.server.requests().size() == 1);
    variables.values.erase("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    variables.values.erase("AWS_EC2_METADATA_DISABLED");
    variables.values["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = instance.server.url("");
    CHECK(key_id() == "AKIAROLE");
    CHECK(instance.server.requests().size() == 3);
}

TEST_CASE_FIXTURE(Home, "one place alone is looked at when the settings say so") {
    write_files();
    variables.values["AWS_ACCESS_KEY_ID"] = "AKIAENV";
    variables.values["AWS_SECRET_ACCESS_KEY"] = "e";
    settings.source = "profile";
    CHECK(key_id() == "AKIAFILE");
    settings.source = "environment";
    CHECK(key_id() == "AKIAENV");
    settings.source = "anonymous";
    CHECK(key_id() == "nobody");
    settings.source = "container";
    CHECK(failure().status == CMW_DENIED);
    CHECK(failure().says("credentials = \"container\""));
}

TEST_CASE_FIXTURE(Home, "where there are none, all places are named, at once") {
    const auto none = failure();
    CHECK(none.status == CMW_DENIED);
    CHECK(none.says((folder / ".aws/credentials") + ": No such file"));
    CHECK(none.says("credentials = \"anonymous\""));
    write_files();
    settings.profile = "sso";
    CHECK(failure().says("no profile sso"));
    CHECK(failure().says("sso_session, which is not supported"));
}

TEST_CASE_FIXTURE(Home, "borrowed credentials are renewed before they end, others never") {
    Lender lender(container_service, "2023-11-14T23:13:20Z"); // An hour after `now`.
    variables.values["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = lender.server.url("/");
    auto credentials = make();
    const auto fetched = [&] { return lender.server.requests().size(); };
    CHECK(credentials.get(call.handle(), now)->session_token.reveal() == "token of AKIAROLE");
    credentials.get(call.handle(), now + 3'299);
    CHECK(fetched() == 1);
    credentials.get(call.handle(), now + 3'300);
    CHECK(fetched() == 2);
    // The service may fail for a while: what is left of the old ones is used.
    lender.broken = true;
    CHECK(credentials.get(call.handle(), now + 3'599)->key_id == "AKIAROLE");
    CHECK(fetched() == 3);
    CHECK(outcome_of([&] { credentials.get(call.handle(), now + 3'600); }).status == CMW_AGAIN);
    lender.broken = false;
    credentials.forget();
    CHECK(credentials.get(call.handle(), now)->key_id == "AKIAROLE");
    CHECK(fetched() == 5);

    variables.values.clear();
    variables.values["AWS_ACCESS_KEY_ID"] = "AKIAENV";
    variables.values["AWS_SECRET_ACCESS_KEY"] = "e";
    CHECK(credentials.get(call.handle(), now)->key_id == "AKIAROLE");
    credentials.forget();
    CHECK(credentials.get(call.handle(), now)->key_id == "AKIAENV");
    variables.values.clear();
    CHECK(credentials.get(call.handle(), now + 1'000'000)->key_id == "AKIAENV");
    CHECK(credentials.origin() == "AWS_ACCESS_KEY_ID in the environment");
}

TEST_CASE("settings that contradict each other are told before") {
    const auto check = [](const std::string& source, const char* key, const char* secret) {
        return outcome_of([&] {
                   check_aws_credentials({source, key, Secret(secret), {}, {}});
               })
            .status;
    };
    CHECK(check("auto", "", "") == CMW_OK);
    CHECK(check("auto", "a", "b") == CMW_OK);
    CHECK(check("options", "a", "b") == CMW_OK);
    CHECK(check("anonymous", "", "") == CMW_OK);
    CHECK(check("auto", "a", "") == CMW_CONFIG);
    CHECK(check("auto", "", "b") == CMW_CONFIG);
    CHECK(check("options", "", "") == CMW_CONFIG);
    CHECK(check("anonymous", "a", "b") == CMW_CONFIG);
    CHECK(check("instance", "a", "b") == CMW_CONFIG);
}
