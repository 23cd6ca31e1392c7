// SPDX-License-Identifier: Apache-2.0
#include "command-source/s3/source.hpp"
#include "fakes/s3/fake_s3.hpp"
#include "support/delivered.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using cmw::command_s3::Source;
using cmw::test::Delivered;
using cmw::test::FakeS3;
using cmw::test::HttpServer;

namespace {

const std::string key = "server/command.jsonl";
const std::string order("{\"timestamp\": 1}\n\0\xff end", 23);

struct Bucket {
    FakeS3 s3;
    HttpServer server{s3.handler()};
    testing::TestHost host;
    std::unique_ptr<Source> source = make(server.url(""));

    std::unique_ptr<Source> make(const std::string& endpoint) const {
        Source::Settings settings;
        settings.bucket = "bins";
        settings.key = key;
        settings.region = "us-east-1";
        settings.endpoint = endpoint;
        settings.addressing = "auto";
        settings.credentials = "auto";
        settings.key_id = "AKIDEXAMPLE";
        settings.secret = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        settings.timeout = std::chrono::seconds(60);
        settings.proxy = "none";
        Source::check(settings);
        return std::make_unique<Source>(settings, host.handle(),
                                        [](const char*) { return std::string(); });
    }
    void put(const std::string& content) {
        s3.change([&](auto& its) { its.objects[key] = content; });
    }
    Delivered poll() { return test::poll(*source, testing::TestCall()); }
};

} // namespace

TEST_CASE_FIXTURE(Bucket, "an object is delivered byte for byte, again and again") {
    put(order);
    const Delivered::Files expected{{key, order}};
    CHECK(poll().files == expected);
    CHECK(poll().files == expected);
    CHECK(server.requests().at(0).header("if-none-match").empty());
    CHECK(server.requests().at(1).header("if-none-match") == test::s3_etag(order));
    put(order + "2");
    CHECK(poll().files == Delivered::Files{{key, order + "2"}});
}

TEST_CASE_FIXTURE(Bucket, "an object that is not there is no file and no error") {
    auto result = poll();
    CHECK(result.status == CMW_OK);
    CHECK(result.files.empty());
    put(order);
    CHECK(poll().files.size() == 1);
    s3.change([](auto& its) { its.objects.clear(); });
    result = poll();
    CHECK(result.status == CMW_OK);
    CHECK(result.files.empty());
    put("");
    CHECK(poll().files == Delivered::Files{{key, ""}});
}

TEST_CASE_FIXTURE(Bucket, "what goes wrong is said in words, and is over when it is") {
    put(order);
    s3.change([](auto& its) { its.bucket = "others"; });
    auto result = poll();
    CHECK(result.status == CMW_CONFIG);
    CHECK(result.text.find("cannot find the bucket bins") == 0);

    s3.change([](auto& its) {
        its.bucket = "bins";
        its.secret = "other";
    });
    result = poll();
    CHECK(result.status == CMW_DENIED);
    CHECK(result.text.find(key + " from the bucket bins") != std::string::npos);
    CHECK(result.files.empty());

    s3.change([](auto& its) { its.secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"; });
    CHECK(poll().files.size() == 1);
}

TEST_CASE_FIXTURE(Bucket, "an object of the largest size is delivered, a larger one refused") {
    put(std::string(256 << 10, 'x'));
    CHECK(poll().files.size() == 1);
    put(std::string((256 << 10) + 1, 'x'));
    const auto result = poll();
    CHECK(result.status == CMW_INVALID);
    CHECK(result.files.empty());
    CHECK(result.text ==
          "cannot read " + server.url("") + "/bins/" + key + ": it is larger than 262144 bytes");
}

TEST_CASE_FIXTURE(Bucket, "an object that breaks off is not delivered in part") {
    put(std::string(1000, 'x'));
    s3.change([](auto& its) { its.send_at_most = 500; });
    const auto result = poll();
    CHECK(result.status == CMW_AGAIN);
    CHECK(result.files.empty());
    s3.change([](auto& its) { its.send_at_most = std::string::npos; });
    CHECK(poll().files == Delivered::Files{{key, std::string(1000, 'x')}});
}

TEST_CASE_FIXTURE(Bucket, "an answer 304 to a question without a condition delivers nothing") {
    HttpServer odd([](const auto&, HttpServer::Connection& connection) {
        connection.send("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
    });
    source = make(odd.url(""));
    const auto result = poll();
    CHECK(result.status == CMW_FAILED);
    CHECK(result.files.empty());
}

TEST_CASE_FIXTURE(Bucket, "a cancelled poll is left") {
    testing::TestCall call;
    call.cancel();
    CHECK(test::poll(*source, call).status == CMW_CANCELLED);
}
