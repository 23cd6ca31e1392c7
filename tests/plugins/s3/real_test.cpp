// SPDX-License-Identifier: Apache-2.0
//
// Against a real server that verifies signatures, which tests/real/s3 starts; it says in the
// environment where. Its bucket has the file as server/abcd, server/a b+c, and in public for all.
#include "fetching.hpp"

#include "support/temporary_folder.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace cmw;
using namespace cmw::s3;
using cmw::testing::TestWriter;

namespace {

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);
    REQUIRE_MESSAGE(value != nullptr, name << " is set by tests/real/s3");
    return value;
}

struct Fixture {
    std::string content;
    Source::Settings settings = settings_for(from_environment("CMW_REAL_S3"));
    TestWriter writer;

    Fixture() {
        settings.key_id = from_environment("CMW_REAL_S3_KEY");
        settings.secret = Secret(from_environment("CMW_REAL_S3_SECRET"));
        std::ostringstream text;
        text << std::ifstream(from_environment("CMW_REAL_S3_FILE"), std::ios::binary).rdbuf();
        content = text.str();
        REQUIRE(content.size() > 1'000'000);
    }
};

} // namespace

TEST_SUITE_BEGIN("real" * doctest::skip());

TEST_CASE_FIXTURE(Fixture, "a real server takes our signature") {
    CHECK(fetch(settings, writer).text == "");
    CHECK((writer.content == content));
    CHECK(writer.total == content.size());
}

TEST_CASE_FIXTURE(Fixture,
                  "a real server takes our signature of a key with all sorts of characters") {
    settings.key = "server/a b+c~=&{digest}";
    CHECK(fetch(settings, writer).text == "");
    CHECK((writer.content == content));
}

TEST_CASE_FIXTURE(Fixture, "a real server's object goes on after a break") {
    TestWriter kept(content.substr(0, 123'456));
    Fetching fetching(settings);
    CHECK(fetching.fetch(kept).text == "");
    CHECK((kept.content == content));
    CHECK(kept.began_at == 123'456);
    // With the ETag that it sent.
    TestWriter more(content.substr(0, 500'000));
    CHECK(fetching.fetch(more).text == "");
    CHECK((more.content == content));
    CHECK(more.began_at == 500'000);
    TestWriter all(content);
    CHECK(fetching.fetch(all).text == "");
    CHECK((all.content == content));
    TestWriter too_much(content + "more");
    CHECK(fetching.fetch(too_much).text == "");
    CHECK((too_much.content == content));
}

TEST_CASE_FIXTURE(Fixture, "a real server refuses a wrong secret") {
    settings.secret = Secret("wrong");
    const auto done = fetch(settings, writer);
    CHECK(done.status == CMW_DENIED);
    CHECK_MESSAGE(done.says("the signature is not right"), done.text);
}

TEST_CASE_FIXTURE(Fixture, "a real server refuses an unknown key id") {
    settings.key_id = "nobody:here";
    const auto done = fetch(settings, writer);
    CHECK_MESSAGE(done.status == CMW_DENIED, done.text);
}

TEST_CASE_FIXTURE(Fixture, "a real server refuses a wrong region, and ours names the right one") {
    settings.region = "eu-west-1";
    const auto done = fetch(settings, writer);
    CHECK(done.status == CMW_CONFIG);
    CHECK_MESSAGE(done.says("us-east-1"), done.text);
}

TEST_CASE_FIXTURE(Fixture, "a real server's missing object and bucket are told apart") {
    settings.key = "nothing/{digest}";
    CHECK(fetch(settings, writer).status == CMW_NOT_FOUND);
    settings.bucket = "no-such-bucket";
    const auto done = fetch(settings, writer);
    CHECK(done.status == CMW_CONFIG);
    CHECK_MESSAGE(done.says("cannot find the bucket"), done.text);
}

TEST_CASE_FIXTURE(Fixture, "a real server does not serve those without credentials") {
    settings.credentials = "anonymous";
    settings.key_id = "";
    settings.secret = {};
    // Amazon says AccessDenied; Swift does not even take it for a request of S3's.
    const auto done = fetch(settings, writer);
    CHECK_MESSAGE(done.says("cannot read server/abcd"), done.text);
    CHECK(writer.began_at == CMW_SIZE_UNKNOWN);
}

TEST_SUITE_END();

// Run with a clock that is 20 minutes off.
TEST_SUITE_BEGIN("real clock" * doctest::skip());

TEST_CASE_FIXTURE(Fixture, "a real server's time is taken where the clock is 20 minutes off") {
    Fetching fetching(settings);
    CHECK(fetching.fetch(writer).text == "");
    CHECK((writer.content == content));
    REQUIRE(fetching.host.lines().size() == 1);
    CHECK(fetching.host.lines()[0].find("this machine's clock is 1") == 0);
    CHECK(fetching.host.lines()[0].find("requests are signed with the server's time") !=
          std::string::npos);
}

TEST_SUITE_END();
