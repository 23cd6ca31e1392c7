// SPDX-License-Identifier: Apache-2.0
//
// Against a real web server that tests/real/http starts; it says in the environment where.
#include "plugins/http/fetching.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace cmw;
using namespace cmw::http;
using cmw::testing::TestWriter;

namespace {

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);
    REQUIRE_MESSAGE(value != nullptr, name << " is set by tests/real/http");
    return value;
}

struct Fixture {
    std::string http = from_environment("CMW_REAL_HTTP");   ///< "http://127.0.0.1:PORT"
    std::string https = from_environment("CMW_REAL_HTTPS"); ///< "https://localhost:PORT"
    std::string other = from_environment("CMW_REAL_OTHER"); ///< The same by a name not certified.
    std::string ca_file = from_environment("CMW_REAL_CA");
    std::string content;
    TestWriter writer;

    Fixture() {
        std::ostringstream text;
        text << std::ifstream(from_environment("CMW_REAL_FILE"), std::ios::binary).rdbuf();
        content = text.str();
        REQUIRE(content.size() > 1'000'000);
    }
    Source::Settings trusting(const std::string& url) const {
        auto settings = settings_for(url);
        settings.ca = ca_file;
        return settings;
    }
};

} // namespace

TEST_SUITE_BEGIN("real" * doctest::skip());

TEST_CASE_FIXTURE(Fixture, "a real server's file comes whole, and goes on after a break") {
    CHECK(fetch(settings_for(http + "/file"), writer).text == "");
    CHECK((writer.content == content));
    CHECK(writer.total == content.size());
    TestWriter kept(content.substr(0, 12'345));
    CHECK(fetch(settings_for(http + "/file"), kept).text == "");
    CHECK((kept.content == content));
    CHECK(kept.began_at == 12'345);
    TestWriter all(content);
    CHECK(fetch(settings_for(http + "/file"), all).text == "");
    CHECK(all.began_at == content.size());
    TestWriter plain(content.substr(0, 12'345));
    CHECK(fetch(settings_for(http + "/no-ranges/file"), plain).text == "");
    CHECK((plain.content == content));
    CHECK(plain.began_at == 0);
}

TEST_CASE_FIXTURE(Fixture, "TLS is verified") {
    CHECK(fetch(trusting(https + "/file"), writer).text == "");
    CHECK((writer.content == content));
    const auto unknown = fetch(settings_for(https + "/file"), writer);
    CHECK_MESSAGE(unknown.status == CMW_DENIED, unknown.text);
    CHECK(unknown.says("certificate"));
    const auto other_name = fetch(trusting(other + "/file"), writer);
    CHECK_MESSAGE(other_name.status == CMW_DENIED, other_name.text);
    CHECK(other_name.says("certificate"));
}

TEST_CASE_FIXTURE(Fixture, "TLS resumes and cannot be left by a redirect") {
    TestWriter kept(content.substr(0, 12'345));
    CHECK(fetch(trusting(https + "/file"), kept).text == "");
    CHECK((kept.content == content));
    const auto left = fetch(trusting(https + "/to-http"), writer);
    CHECK(left.status == CMW_INVALID);
    CHECK(left.says("it leaves https"));
    CHECK(fetch(trusting(http + "/to-https"), writer).text == "");
    CHECK((writer.content == content));
}

TEST_CASE_FIXTURE(Fixture, "a real server's refusals are understood") {
    CHECK(fetch(settings_for(http + "/missing"), writer).status == CMW_NOT_FOUND);
    CHECK(fetch(settings_for(http + "/forbidden"), writer).status == CMW_DENIED);
    CHECK(fetch(settings_for(http + "/unavailable"), writer).status == CMW_AGAIN);
    CHECK(writer.began_at == CMW_SIZE_UNKNOWN);
}

TEST_CASE_FIXTURE(Fixture, "TLS that a plain server does not speak fails in words") {
    auto url = http;
    url.replace(0, 4, "https");
    const auto done = fetch(trusting(url + "/file"), writer);
    CHECK(done.status == CMW_AGAIN);
    CHECK(done.says("cannot speak TLS with"));
}

TEST_SUITE_END();
