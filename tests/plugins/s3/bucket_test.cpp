// SPDX-License-Identifier: Apache-2.0
#include "fetching.hpp"

using namespace cmw;
using namespace cmw::s3;
using shared::place_of;

TEST_CASE("an object's address follows bucket, region, endpoint and addressing") {
    struct Row {
        const char* bucket;
        const char* region;
        const char* endpoint;
        const char* addressing;
        const char* server;
        const char* path;
    };
    const std::vector<Row> table{
        {"elixxir-bins", "us-west-1", "", "auto", "https://elixxir-bins.s3.us-west-1.amazonaws.com",
         "/server/ab"},
        {"elixxir-bins", "us-west-1", "", "path", "https://s3.us-west-1.amazonaws.com",
         "/elixxir-bins/server/ab"},
        {"with.dots", "us-west-1", "", "auto", "https://s3.us-west-1.amazonaws.com",
         "/with.dots/server/ab"},
        {"bins", "cn-north-1", "", "auto", "https://bins.s3.cn-north-1.amazonaws.com.cn",
         "/server/ab"},
        {"bins", "x", "http://127.0.0.1:9000", "auto", "http://127.0.0.1:9000", "/bins/server/ab"},
        {"bins", "x", "http://127.0.0.1:9000/", "auto", "http://127.0.0.1:9000", "/bins/server/ab"},
        {"bins", "x", "https://s3.example.org:9000", "virtual-host",
         "https://bins.s3.example.org:9000", "/server/ab"},
    };
    for (const auto& row : table) {
        CAPTURE(row.server);
        const auto place = place_of({.bucket = row.bucket,
                                     .region = row.region,
                                     .endpoint = row.endpoint,
                                     .addressing = row.addressing,
                                     .credentials = {},
                                     .http = {}},
                                    "server/ab");
        CHECK(place.server == row.server);
        CHECK(place.path == row.path);
    }
}

TEST_CASE("options that cannot work are told before") {
    CHECK(check(settings_for("")).text == "");
    CHECK(check(settings_for("http://127.0.0.1:9000")).text == "");
    CHECK(check(settings_for("https://[::1]:9000/")).text == "");
    for (const auto* endpoint : {"127.0.0.1:9000", "ftp://x", "http://", "http://host/path",
                                 "http://host?x", "http://user:password@host", "http://host:x"}) {
        CAPTURE(endpoint);
        CHECK(check(settings_for(endpoint)).status == CMW_CONFIG);
    }
    const auto refused = [](auto change) {
        auto settings = settings_for("");
        change(settings);
        return check(settings).status == CMW_CONFIG;
    };
    CHECK(refused([](auto& settings) { settings.bucket = ""; }));
    CHECK(refused([](auto& settings) { settings.bucket = "a/b"; }));
    CHECK(refused([](auto& settings) { settings.region = "us west"; }));
    CHECK(refused([](auto& settings) { settings.key = "{digset}"; }));
    CHECK(refused([](auto& settings) { settings.key = ""; }));
    CHECK(refused([](auto& settings) { settings.secret = {}; }));
    CHECK(refused([](auto& settings) { settings.credentials = "anonymous"; }));
    CHECK(refused([](auto& settings) { settings.proxy = "socks5://x"; }));
    CHECK(refused([](auto& settings) { settings.ca = "/nonexistent"; }));
    CHECK(refused([](auto& settings) {
        settings.bandwidth = {1'024};
        settings.stall_size = {1'000'000};
    }));
}
