// SPDX-License-Identifier: Apache-2.0
#include "log-backend/cloudwatch/backend.hpp"

#include "fakes/cloudwatch/fake_cloudwatch.hpp"
#include "support/fetch_outcome.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::cloudwatch;
using namespace std::chrono_literals;
using cmw::test::FakeCloudWatch;
using cmw::test::HttpServer;
using cmw::test::Outcome;
using cmw::test::outcome_of;
using cmw::test::PutFault;
using cmw::testing::TestBatch;
using cmw::testing::TestCall;
using cmw::testing::TestHost;
using Calls = std::vector<std::string>;

namespace {

std::string empty_environment(const char*) {
    return "";
}

CloudWatchBackend::Settings settings_for(const std::string& endpoint) {
    CloudWatchBackend::Settings settings;
    settings.group = "nodes";
    settings.stream = "{id}-{stream}.log";
    settings.region = "us-west-1";
    settings.endpoint = endpoint;
    settings.linger = 1s;
    settings.credentials = "auto";
    settings.key_id = "AKIDEXAMPLE";
    settings.secret = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    settings.timeout = 20s;
    settings.proxy = "none";
    return settings;
}

/// A service, a host, and instances of the backend one after the other.
struct Site {
    explicit Site(FakeCloudWatch::Plan plan = {}) : service(std::move(plan)) {
        host.identity["id"] = "node1";
    }

    Outcome write(const cmw_log_batch* table) {
        delivered = rejected = 0;
        if (!backend) backend.emplace(settings, host.handle(), empty_environment);
        const TestCall call;
        auto asked = *table;
        asked.rejected = &rejected;
        Batch batch(&asked, &delivered);
        const auto outcome = outcome_of([&] { backend->write(call.handle(), batch); });
        if (outcome.status == CMW_OK)
            delivered = table->count;
        else
            backend.reset(); // As the host does.
        return outcome;
    }
    Outcome write(const std::vector<std::string>& lines) {
        const TestBatch batch("cmix", lines);
        return write(batch.table());
    }
    void make_stream() {
        service.change([](auto& its) {
            its.groups.insert("nodes");
            its.streams.emplace("nodes", "node1-cmix.log");
        });
    }
    std::string logged() const {
        std::string all;
        for (const auto& line : host.lines()) all += line + "\n";
        return all;
    }

    FakeCloudWatch service;
    HttpServer server{service.handler()};
    TestHost host;
    CloudWatchBackend::Settings settings = settings_for(server.url(""));
    std::optional<CloudWatchBackend> backend;
    std::size_t delivered = 0;
    std::size_t rejected = 0;
};

/// Records of times of their own.
struct TimedBatch {
    TimedBatch(std::initializer_list<std::pair<std::int64_t, const char*>> lines) {
        for (const auto& [time_ms, text] : lines)
            records.push_back(
                {time_ms * 1'000'000, 1, to_str("cmix"), to_str(text), CMW_LEVEL_INFO, 0});
        table = {sizeof table, sizeof(cmw_log_record), records.size(), records.data(), &none,
                 nullptr};
    }
    std::vector<cmw_log_record> records;
    cmw_config none{sizeof(cmw_config), 0, nullptr};
    cmw_log_batch table{};
};

std::vector<std::string> numbered(std::size_t count) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < count; ++i) lines.push_back("line " + std::to_string(i));
    return lines;
}

} // namespace

TEST_CASE_FIXTURE(Site, "records go to the stream named after the node and the log") {
    const std::vector<std::string> lines{"first", "second \"quoted\"", "\u00fcber"};
    CHECK(write(lines).text == "");
    CHECK(service.messages() == lines);
    CHECK(service.taken()[0].group == "nodes");
    CHECK(service.taken()[0].stream == "node1-cmix.log");
    CHECK(service.taken()[0].time_ms == 1'600'000'000'000);
    const auto request = server.requests().at(0);
    CHECK(request.method == "POST");
    CHECK(request.target == "/");
    CHECK(request.header("content-type") == "application/x-amz-json-1.1");
    CHECK(request.header("user-agent") == "cmix-wrapper/test");
}

TEST_CASE_FIXTURE(Site, "the stream is made when it is missing, and the group, and not otherwise") {
    CHECK(write({"a"}).text == "");
    CHECK(write({"b"}).text == "");
    CHECK(service.calls() == Calls{"PutLogEvents", "CreateLogStream", "CreateLogGroup",
                                   "CreateLogStream", "PutLogEvents", "PutLogEvents"});
    backend.reset(); // Another one finds them there, and needs to be allowed nothing more.
    service.change([](auto& its) { its.denied = {"CreateLogStream", "CreateLogGroup"}; });
    CHECK(write({"c"}).text == "");
    CHECK(service.calls().size() == 7);
    CHECK(service.messages() == Calls{"a", "b", "c"});
}

TEST_CASE_FIXTURE(Site, "a new group gets its tags, any group its retention") {
    settings.tags = {{"team", "nodes"}, {"cost centre", "7"}};
    settings.retention_days = 30;
    CHECK(write({"a"}).text == "");
    CHECK(service.state().tags == settings.tags);
    CHECK(service.state().retention.at("nodes") == 30);
    CHECK(service.calls() == Calls{"PutRetentionPolicy", "CreateLogGroup", "PutRetentionPolicy",
                                   "PutLogEvents", "CreateLogStream", "PutLogEvents"});

    service.change([](auto& its) { its.retention.clear(); });
    backend.reset();
    CHECK(write({"b"}).text == "");
    CHECK(service.state().retention.at("nodes") == 30);
    CHECK(service.calls().size() == 8);
}

TEST_CASE_FIXTURE(Site, "without create nothing is made") {
    settings.create = false;
    CHECK(write({"a"}).says("ResourceNotFoundException"));
    CHECK(service.calls() == Calls{"PutLogEvents"});
}

TEST_CASE_FIXTURE(Site, "a stream that is deleted under us is made by the next instance") {
    CHECK(write({"a"}).text == "");
    service.change([](auto& its) {
        its.streams.clear();
        its.groups.clear();
    });
    const auto outcome = write({"b"});
    CHECK(outcome.status == CMW_AGAIN);
    CHECK(delivered == 0);
    CHECK(write({"b"}).text == "");
    CHECK(service.messages() == Calls{"a", "b"});
}

TEST_CASE_FIXTURE(Site, "a policy that does not allow something is told") {
    service.change([](auto& its) { its.denied = {"CreateLogStream"}; });
    const auto outcome = write({"a"});
    CHECK(outcome.status == CMW_DENIED);
    CHECK(outcome.says("the option access-key-id must allow logs:CreateLogStream"));
}

TEST_CASE_FIXTURE(Site, "one connection serves all requests, until it was idle for long") {
    for (int i = 0; i < 5; ++i) CHECK(write({"x"}).text == "");
    CHECK(server.connections() == 1);
}

TEST_CASE_FIXTURE(Site, "events are sent in order of time, and no more than a day at once") {
    constexpr std::int64_t day = 86'400'000;
    const TimedBatch batch{{day, "b"}, {0, "a"}, {day, "c"}, {2 * day + 1, "d"}, {day + 1, "e"}};
    CHECK(write(&batch.table).text == "");
    CHECK(service.messages() == Calls{"a", "b", "c", "e", "d"});
}

TEST_CASE("what was sent before a failure is reported as delivered") {
    constexpr std::int64_t day = 86'400'000;
    Site site([](std::size_t n) { return n == 1 ? PutFault::internal_error : PutFault::none; });
    site.make_stream();
    const TimedBatch batch{{0, "a"}, {1, "b"}, {2 * day, "c"}};
    CHECK(site.write(&batch.table).status == CMW_AGAIN);
    CHECK(site.delivered == 2);
}

TEST_CASE_FIXTURE(Site, "empty records and times before 1970 are sent as what the service takes") {
    const TimedBatch batch{{-5, ""}, {1, "x"}};
    CHECK(write(&batch.table).text == "");
    CHECK(service.messages() == Calls{" ", "x"});
    CHECK(service.taken()[0].time_ms == 0);
}

TEST_CASE_FIXTURE(Site, "a batch that has grown because it is not UTF-8 goes in several requests") {
    const std::vector<std::string> lines(100, std::string(10'000, '\xff'));
    CHECK(write(lines).text == "");
    CHECK(service.taken().size() == 100);
    CHECK(service.largest_put() == 25);
    CHECK(service.messages()[99].substr(0, 6) == "\uFFFD\uFFFD");
}

TEST_CASE("a record that the service cannot take is left out, and told") {
    struct Row {
        std::size_t count;
        std::size_t bad;
    };
    const Row rows[] = {{1, 0}, {2, 0}, {2, 1}, {1'000, 0}, {1'000, 437}, {1'000, 999}};
    for (const auto& row : rows) {
        CAPTURE(row.count);
        CAPTURE(row.bad);
        Site site;
        site.make_stream();
        auto lines = numbered(row.count);
        lines[row.bad] = "an unspeakable thing";
        CHECK(site.write(lines).text == "");
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(row.bad));
        CHECK(site.service.messages() == lines);
        CHECK(site.service.calls().size() <= 2 * 10 + 1);
        CHECK(site.logged().find("left out (1 since") != std::string::npos);
        CHECK(site.rejected == 1);
    }
}

TEST_CASE_FIXTURE(Site, "many bad records are left out over several writes, in order") {
    const std::vector<std::string> lines(300, "an unspeakable thing");
    std::size_t left = lines.size();
    int writes = 0;
    while (left > 0) {
        REQUIRE(++writes < 20);
        const auto requests = service.calls().size();
        const bool failed = write(std::vector(left, lines[0])).status != CMW_OK;
        CHECK(delivered > 0);
        CHECK(service.calls().size() - requests < 250);
        CHECK(failed == (delivered < left));
        CHECK(rejected == delivered);
        left -= delivered;
    }
    CHECK(writes > 1);
}

TEST_CASE_FIXTURE(Site, "rejected events are counted and not sent again") {
    service.change([](auto& its) {
        its.rejected = R"({"tooOldLogEventEndIndex":1,"tooNewLogEventStartIndex":3})";
    });
    CHECK(write({"a", "b", "c", "d"}).text == "");
    CHECK(service.calls().back() == "PutLogEvents");
    CHECK(rejected == 2);
    CHECK(logged().find("dropped 2 records") != std::string::npos);
    CHECK(logged().find("1 older than 14 days") != std::string::npos);
    CHECK(logged().find("1 more than 2 hours in the future") != std::string::npos);
}

TEST_CASE(
    "whatever goes wrong is a failure with nothing delivered, and the next instance goes on") {
    struct Row {
        PutFault fault;
        const char* part;
    };
    const Row rows[] = {
        {PutFault::internal_error, "500 Internal Server Error"},
        {PutFault::throttled, "ThrottlingException (Rate exceeded)"},
        {PutFault::closed, "cannot read"},
        {PutFault::taken_then_closed, "cannot read"},
        {PutFault::half_read, "cannot read"},
        {PutFault::garbage, "not the JSON of CloudWatch Logs"},
        {PutFault::never_answered, "no byte came"},
        {PutFault::expired_token, "ExpiredTokenException"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.part);
        Site site([&](std::size_t n) { return n == 0 ? row.fault : PutFault::none; });
        site.make_stream();
        if (row.fault == PutFault::never_answered) site.settings.timeout = 200ms;
        const auto outcome = site.write({"a", "b"});
        CHECK(outcome.status != CMW_OK);
        INFO(outcome.text);
        CHECK(outcome.says(row.part));
        CHECK(site.delivered == 0);
        site.settings.timeout = 20s;
        CHECK(site.write({"a", "b"}).text == "");
        const bool twice = row.fault == PutFault::taken_then_closed;
        CHECK(site.service.messages() == (twice ? Calls{"a", "b", "a", "b"} : Calls{"a", "b"}));
    }
}

TEST_CASE("data that the service has already is delivered") {
    Site site([](std::size_t) { return PutFault::already_accepted; });
    CHECK(site.write({"a"}).text == "");
}

TEST_CASE_FIXTURE(Site,
                  "a clock that is wrong is corrected by the service's, once in an instance") {
    service.change([](auto& its) { its.clock = 3'600; });
    CHECK(write({"a"}).text == "");
    CHECK(logged().find("s behind that of http://127.0.0.1") != std::string::npos);
    CHECK(write({"b"}).text == "");
    service.change([](auto& its) { its.clock = -3'600; });
    CHECK(write({"c"}).says("clock"));
    CHECK(write({"c"}).text == "");
    CHECK(service.messages() == Calls{"a", "b", "c"});
}

TEST_CASE_FIXTURE(Site, "a wrong secret is told without it") {
    settings.secret = Secret("another-secret");
    const auto outcome = write({"a"});
    CHECK(outcome.status == CMW_DENIED);
    CHECK(outcome.says("the secret of the option access-key-id is not that of its key"));
    CHECK_FALSE(outcome.says("another-secret"));
}

TEST_CASE_FIXTURE(Site, "temporary credentials send their token, and bodies are packed on demand") {
    service.change([](auto& its) { its.session_token = "token"; });
    settings.session_token = Secret("token");
    settings.compress = true;
    make_stream();
    const auto lines = numbered(2'000);
    CHECK(write(lines).text == "");
    CHECK(write({"more"}).text == "");
    CHECK(service.messages().size() == 2'001);
    const auto put = server.requests()[0];
    CHECK(put.header("content-encoding") == "gzip");
    CHECK(std::stoul(put.header("content-length")) < 30'000);
}

TEST_CASE("a call that is cancelled ends, though the service does not answer") {
    Site site([](std::size_t) { return PutFault::never_answered; });
    CHECK(site.settings.timeout == 20s);
    CloudWatchBackend one(site.settings, site.host.handle(), empty_environment);
    TestCall call;
    std::jthread canceller([&] {
        while (site.service.calls().empty() || site.service.calls().back() != "PutLogEvents")
            std::this_thread::sleep_for(1ms);
        call.cancel();
    });
    TestBatch batch("cmix", {"a"});
    const auto outcome = outcome_of([&] {
        auto handle = batch.handle();
        one.write(call.handle(), handle);
    });
    CHECK(outcome.status == CMW_CANCELLED);
}

TEST_CASE_FIXTURE(Site, "without the node's identity there is no name, until there is") {
    host.identity.clear();
    CHECK(write({"a"}).status == CMW_AGAIN);
    host.identity["id"] = "late";
    CHECK(write({"a"}).text == "");
    CHECK(service.taken()[0].stream == "late-cmix.log");
}

TEST_CASE_FIXTURE(Site, "a use has a group and a stream of its own") {
    const cmw_value values[]{
        {CMW_TYPE_STRING, 0, {.string = to_str("chain/logs")}},
        {CMW_TYPE_STRING, 0, {.string = to_str("{stream}@{id}")}},
    };
    const cmw_config use{sizeof(cmw_config), 2, values};
    const TestBatch batch("chain", {"a"}, &use);
    CHECK(write(batch.table()).text == "");
    CHECK(service.taken()[0].group == "chain/logs");
    CHECK(service.taken()[0].stream == "chain@node1");
}

TEST_CASE_FIXTURE(Site, "the host is told the service's limits") {
    CloudWatchBackend one(settings, host.handle(), empty_environment);
    cmw_log_limits limits{sizeof(cmw_log_limits), UINT32_MAX, UINT64_MAX, 0, UINT32_MAX, 0};
    one.limits(limits);
    CHECK(limits.records == 10'000);
    CHECK(limits.bytes == 524'288); // Half of what one request may hold: several are in memory.
    CHECK(limits.overhead_bytes == 26);
    CHECK(limits.record_bytes == 524'262);
    CHECK(limits.linger_ns == 1'000'000'000);
    CHECK(limits.in_flight == 16);

    settings.requests = 1;
    CloudWatchBackend alone(settings, host.handle(), empty_environment);
    alone.limits(limits);
    CHECK(limits.bytes == 1'048'576);
    CHECK(limits.record_bytes == 1'048'550);
    CHECK(limits.in_flight == 1);
}

TEST_CASE_FIXTURE(Site, "settings that cannot work are refused with words") {
    using Settings = CloudWatchBackend::Settings;
    struct Row {
        void (*change)(Settings&);
        const char* part;
    };
    const Row rows[] = {
        {[](Settings& its) { its.group = "a b"; }, "the group \"a b\""},
        {[](Settings& its) { its.group = ""; }, "the group"},
        {[](Settings& its) { its.stream = "a:b"; }, "the stream \"a:b\""},
        {[](Settings& its) { its.stream = "{nobody}"; }, "{nobody}"},
        {[](Settings& its) { its.region = "us west"; }, "the region"},
        {[](Settings& its) { its.endpoint = "ftp://x"; }, "endpoint"},
        {[](Settings& its) { its.endpoint = "http://x/logs"; }, "no more than"},
        {[](Settings& its) { its.retention_days = 31; }, "retention-days = 31"},
        {[](Settings& its) { its.key_id = ""; }, "one half of a key"},
        {[](Settings& its) { its.proxy = "nowhere"; }, "proxy"},
    };
    CHECK(outcome_of([&] { CloudWatchBackend::check(settings); }).text == "");
    for (const auto& row : rows) {
        CAPTURE(row.part);
        auto changed = settings;
        row.change(changed);
        const auto outcome = outcome_of([&] { CloudWatchBackend::check(changed); });
        CHECK(outcome.status == CMW_CONFIG);
        CHECK(outcome.says(row.part));
    }
    settings.region = settings.endpoint = "";
    const auto nowhere =
        outcome_of([&] { CloudWatchBackend(settings, host.handle(), empty_environment); });
    CHECK(nowhere.says("cannot tell which region"));
    const CloudWatchBackend::UseSettings use{.group = "a b", .stream = {}};
    CHECK(outcome_of([&] { CloudWatchBackend::check_use(settings, use); }).says("a b"));
}
