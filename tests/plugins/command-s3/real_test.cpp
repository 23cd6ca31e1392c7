// SPDX-License-Identifier: Apache-2.0
//
// Against a real server that verifies signatures, which tests/real/s3 starts; it says in the
// environment where. Its bucket has the file $CMW_REAL_S3_ORDERS as orders/command.jsonl.
#include "command-source/s3/source.hpp"
#include "support/delivered.hpp"
#include "support/temporary_folder.hpp"

#include <cstdlib>
#include <doctest/doctest.h>

using namespace cmw;
using cmw::command_s3::Source;
using cmw::test::Delivered;

namespace {

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);
    REQUIRE_MESSAGE(value != nullptr, name << " is set by tests/real/s3");
    return value;
}

struct RealBucket {
    testing::TestHost host;
    Source::Settings settings;

    RealBucket() {
        settings.bucket = "bins";
        settings.key = "orders/command.jsonl";
        settings.region = "us-east-1";
        settings.endpoint = from_environment("CMW_REAL_S3");
        settings.addressing = "auto";
        settings.credentials = "auto";
        settings.key_id = from_environment("CMW_REAL_S3_KEY");
        settings.secret = Secret(from_environment("CMW_REAL_S3_SECRET"));
        settings.timeout = std::chrono::seconds(60);
        settings.proxy = "none";
    }
    std::unique_ptr<Source> source() const {
        return std::make_unique<Source>(settings, host.handle(),
                                        [](const char*) { return std::string(); });
    }
};

} // namespace

TEST_SUITE_BEGIN("real" * doctest::skip());

TEST_CASE_FIXTURE(RealBucket, "a real server's order is delivered byte for byte, again and again") {
    const auto content = test::read_text(from_environment("CMW_REAL_S3_ORDERS"));
    REQUIRE(content.size() > 100);
    const Delivered::Files expected{{"orders/command.jsonl", content}};
    const auto first = source();
    CHECK((test::poll(*first, testing::TestCall()).files == expected));
    CHECK((test::poll(*first, testing::TestCall()).files == expected)); // It said 304.
    CHECK((test::poll(*source(), testing::TestCall()).files == expected));
}

TEST_CASE_FIXTURE(RealBucket, "a real server without an order has no file, and that is no error") {
    settings.key = "orders/nothing.jsonl";
    const auto delivered = test::poll(*source(), testing::TestCall());
    CHECK(delivered.files.empty());
    CHECK(delivered.text == "");
}

TEST_CASE_FIXTURE(RealBucket, "a real server refuses a wrong secret, and no order is delivered") {
    settings.secret = Secret("wrong");
    const auto delivered = test::poll(*source(), testing::TestCall());
    CHECK(delivered.files.empty());
    CHECK(delivered.status == CMW_DENIED);
}

TEST_SUITE_END();
