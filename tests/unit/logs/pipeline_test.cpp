// SPDX-License-Identifier: Apache-2.0
#include "logs/pipeline.hpp"

#include "logs/delivery.hpp"
#include "unit/logs/pipeline_fixture.hpp"

using namespace cmw::logs;
using namespace cmw::logs::test;
namespace fs = std::filesystem;
TEST_CASE("lines are shipped as they come") {
    Fixture test;
    Sink sink;
    const auto pipeline = test.start({sink.backend("b")});
    append(test.path, "one\n"); // Neither the file nor anything else was there before.
    CHECK(eventually([&] { return sink.texts() == Texts{"one"}; }));
    append(test.path, "tw");
    append(test.path, "o\nthree\n");
    CHECK(eventually([&] { return sink.texts() == Texts{"one", "two", "three"}; }));
    CHECK(eventually([&] { return pipeline->streams()["a"].to["b"].delivered == 3; }));
    const auto shown = pipeline->streams()["a"];
    CHECK(shown.read_bytes == 14);
    CHECK(shown.to.at("b").pending_bytes == 0);
    CHECK(shown.to.at("b").oldest_pending_s == 0);
    CHECK(pipeline->backends()["b"].state == cmw::plugin_host::InstanceStatus::State::ok);
    CHECK(sink.instances == 1);
}

TEST_CASE("flaw 31: what was written before the start is shipped, and once") {
    Fixture test;
    append(test.path, "one\ntwo\n");
    Sink sink;
    for (int run = 0; run < 3; ++run) {
        const auto pipeline = test.start({sink.backend("b")});
        CHECK(eventually([&] { return sink.texts().size() >= 2u + static_cast<unsigned>(run); }));
        if (run < 2) append(test.path, "more\n");
    }
    CHECK(sink.texts() == Texts{"one", "two", "more", "more"});
    CHECK(sink.instances == 3);
}

TEST_CASE("an event of several lines is shipped when it is over") {
    Fixture test;
    Sink sink;
    const auto pipeline = test.start({sink.backend("b")}, "level-word");
    append(test.path, "INFO one\n more\nERROR two\n");
    CHECK(eventually([&] { return sink.texts() == Texts{"INFO one\n more"}; }));
    // A second of silence ends it, and nothing else does here.
    CHECK(eventually([&] { return sink.texts() == Texts{"INFO one\n more", "ERROR two"}; }));
    CHECK(sink.received()[1].level == CMW_LEVEL_ERROR);
}

TEST_CASE("flaw 26: a failed write does not stop shipping, and nothing is lost or doubled") {
    Fixture test;
    append(test.path, numbered(0, 30'000));
    Sink sink([](std::size_t number, const cmw_log_batch&) {
        return number < 3 ? Order{Order::Kind::fail, 0} : Order{};
    });
    const auto pipeline = test.start({sink.backend("b")});
    CHECK(eventually([&] { return sink.texts().size() == 30'000; }));
    CHECK(sink.texts() == numbers(0, 30'000));
    CHECK(sink.instances == 4);
    CHECK(eventually([&] {
        return pipeline->backends()["b"].state == cmw::plugin_host::InstanceStatus::State::ok;
    }));
    CHECK(pipeline->backends()["b"].reinitialisations == 3);
    CHECK(pipeline->backends()["b"].last_error == "cannot do it: the script says so");
}

TEST_CASE("what a failing write has delivered does not come again") {
    Fixture test;
    append(test.path, numbered(0, 100));
    auto limits = no_limits();
    limits.records = 10;
    Sink sink(
        [](std::size_t number, const cmw_log_batch& batch) {
            return number % 3 == 1 ? Order{Order::Kind::partly, batch.count / 2} : Order{};
        },
        limits);
    {
        const auto pipeline = test.start({sink.backend("b")});
        CHECK(eventually([&] { return sink.texts().size() >= 100; }));
    }
    CHECK(sink.texts() == numbers(0, 100));
    const auto received = sink.received();
    for (std::size_t i = 1; i < received.size(); ++i)
        REQUIRE(received[i].sequence > received[i - 1].sequence);
}

TEST_CASE("what a backend can never take is counted, whether the write failed or not") {
    Fixture test;
    append(test.path, numbered(0, 30));
    auto limits = no_limits();
    limits.records = 10;
    Sink sink(
        [](std::size_t number, const cmw_log_batch&) {
            const Order orders[] = {{Order::Kind::partly, 5, 2}, {Order::Kind::take, 0, 1}};
            return number < 2 ? orders[number] : Order{};
        },
        limits);
    const auto pipeline = test.start({sink.backend("b")});
    CHECK(eventually([&] { return sink.texts().size() >= 30; }));
    const auto status = [&] { return pipeline->streams().at("a").to.at("b"); };
    CHECK(eventually([&] { return status().delivered == 27; }));
    CHECK(status().rejected == 3);
    CHECK(status().pending_bytes == 0);
}

TEST_CASE("a backend that cannot be made is tried for ever, and status says so") {
    Fixture test;
    append(test.path, "one\n");
    Sink sink;
    sink.refused = 1'000'000;
    const auto pipeline = test.start({sink.backend("b")});
    CHECK(eventually([&] { return sink.refused < 999'999; }));
    const auto shown = pipeline->backends()["b"];
    CHECK(shown.state == cmw::plugin_host::InstanceStatus::State::reinitialising);
    CHECK(shown.last_error == "cannot be made: refused");
    CHECK(pipeline->streams()["a"].to["b"].pending_bytes == 4);
    sink.refused = 0;
    CHECK(eventually([&] { return sink.texts() == Texts{"one"}; }));
    CHECK(eventually([&] {
        return pipeline->backends()["b"].state == cmw::plugin_host::InstanceStatus::State::ok;
    }));
}

TEST_CASE("a stream never seen begins where it was at the start, however late its backend comes") {
    Fixture test;
    append(test.path + ".1", "long ago\n");
    fs::last_write_time(test.path + ".1", fs::file_time_type::clock::now() - 1h);
    bool exists = false;
    SUBCASE("there is no file yet") {
        exists = false;
    }
    SUBCASE("there is a file") {
        exists = true;
    }
    if (exists) append(test.path, "one\n");
    Sink sink;
    sink.refused = 2;
    const auto pipeline = test.start({sink.backend("b")});
    if (!exists) append(test.path, "one\n");
    for (int number = 2; number < 5; ++number) {
        fs::rename(test.path, test.path + "-" + std::to_string(number));
        append(test.path, std::to_string(number) + "\n");
    }
    CHECK(eventually([&] { return sink.texts() == Texts{"one", "2", "3", "4"}; }));
}

TEST_CASE("a write that hangs is given up, and its late return moves nothing") {
    Fixture test;
    append(test.path, "one\ntwo\n");
    Sink stuck([](std::size_t number, const cmw_log_batch&) {
        return number == 0 ? Order{Order::Kind::hang, 0} : Order{Order::Kind::fail, 0};
    });
    Sink healthy;
    auto pipeline = test.start({stuck.backend("stuck", 20ms, 20ms), healthy.backend("healthy")});
    CHECK(eventually([&] { return healthy.texts() == Texts{"one", "two"}; }));
    // A new thread with a new instance goes on from the cursor; the script lets it fail.
    CHECK(eventually([&] { return stuck.writes() >= 3; }));
    CHECK(stuck.hanging == 1);
    append(test.path, "three\n");
    CHECK(eventually([&] { return healthy.texts() == Texts{"one", "two", "three"}; }));
    stuck.release = true; // It says that it has delivered all, too late.
    CHECK(eventually([&] { return stuck.hanging == 0; }));
    const auto writes = stuck.writes();
    CHECK(eventually([&] { return stuck.writes() > writes; }));
    CHECK(pipeline->streams()["a"].to["stuck"].delivered == 0);
    CHECK(pipeline->streams()["a"].to["stuck"].pending_bytes == 14);
    CHECK(pipeline->streams()["a"].to["stuck"].oldest_pending_s > 0);
}

TEST_CASE("only so many threads that hang are given up; one that returns lets shipping go on") {
    Fixture test;
    append(test.path, "one\n");
    std::atomic<bool> well{false};
    Sink sink([&](std::size_t, const cmw_log_batch&) {
        return well ? Order{} : Order{Order::Kind::hang, 0};
    });
    auto pipeline = test.start({sink.backend("b", 1ms, 1ms)});
    const auto state = [&] { return pipeline->backends()["b"].state; };
    using State = cmw::plugin_host::InstanceStatus::State;
    CHECK(eventually([&] { return state() == State::stuck; }, 60s));
    CHECK(sink.hanging == static_cast<int>(Delivery::most_given_up));
    well = true;
    const auto before =
        sink.received().size(); // The hanging ones have taken it too: at least once.
    sink.release = true;
    CHECK(eventually([&] { return sink.received().size() > before; }, 60s));
    CHECK(eventually([&] { return state() == State::ok; }));
    pipeline.reset();
    CHECK(eventually([&] { return sink.hanging == 0; }));
}

TEST_CASE("a dead backend holds up neither the others nor the stop") {
    Fixture test;
    append(test.path, "one\n");
    Sink dead([](std::size_t, const cmw_log_batch&) { return Order{Order::Kind::fail, 0}; });
    Sink healthy;
    {
        const auto pipeline =
            test.start({dead.backend("dead"), healthy.backend("healthy")}, "line", 1h);
        CHECK(eventually([&] { return healthy.texts() == Texts{"one"}; }));
        CHECK(eventually([&] { return dead.writes() >= 2; }));
    } // Would last an hour.
    Sink well;
    const auto pipeline = test.start({well.backend("dead"), healthy.backend("healthy")});
    CHECK(eventually([&] { return well.texts() == Texts{"one"}; }));
    CHECK(healthy.texts() == Texts{"one"});
}

TEST_CASE("a stream that a backend refuses does not hold up the other streams") {
    Fixture test;
    Sink sink([](std::size_t, const cmw_log_batch& batch) {
        const std::string_view name(batch.records[0].stream.data, batch.records[0].stream.size);
        return name == "bad" ? Order{Order::Kind::fail, 0} : Order{};
    });
    const auto good = test.folder / "good.log";
    const auto bad = test.folder / "bad.log";
    append(bad, "x\n");
    const auto pipeline =
        test.start({stream("bad", bad, {"b"}), stream("good", good, {"b"})}, {sink.backend("b")});
    Texts expected;
    for (int i = 0; i < 20; ++i) {
        append(good, std::to_string(i) + "\n");
        expected.push_back(std::to_string(i));
        CHECK(eventually([&] { return sink.texts() == expected; }));
    }
}

TEST_CASE("the stop ships what is there, an open event and a batch that lingers included") {
    Fixture test;
    auto limits = no_limits();
    limits.linger_ns = std::chrono::nanoseconds(1h).count();
    Sink sink({}, limits);
    {
        const auto pipeline = test.start({sink.backend("b")}, "level-word");
        append(test.path, "INFO one\n two\npart");
        CHECK(eventually([&] { return pipeline->streams()["a"].read_bytes > 0; }));
        CHECK(sink.texts().empty());
    }
    CHECK(sink.texts() == Texts{"INFO one\n two"}); // A line that is not whole waits for its end.
    append(test.path, "ial\n");
    { const auto pipeline = test.start({sink.backend("b")}, "level-word"); }
    CHECK(sink.texts() == Texts{"INFO one\n two", "partial"});
}

TEST_CASE("a stop during a write that hangs ends after its patience") {
    Fixture test;
    append(test.path, "one\n");
    Sink sink([](std::size_t, const cmw_log_batch&) { return Order{Order::Kind::hang, 0}; });
    {
        const auto pipeline = test.start({sink.backend("b", 1h, 10ms)}, "line", 10ms);
        CHECK(eventually([&] { return sink.hanging == 1; }));
    }
    CHECK(sink.hanging == 1); // Its thread was left behind.
    sink.release = true;
    CHECK(eventually([&] { return sink.hanging == 0; }));
    Sink next;
    const auto pipeline = test.start({next.backend("b")});
    CHECK(eventually([&] { return next.texts() == Texts{"one"}; }));
}

TEST_CASE("records have the time and the text that the stream's rules make of a line") {
    Fixture test;
    append(test.path, "DEBUG 2021-11-17T22:26:21.5Z key=abc caf\xE9\n no time\n");
    Sink sink;
    auto settings = stream("a", test.path, {"b"});
    settings.time = "rfc3339";
    settings.redact = {"key=(\\w+)"};
    settings.replace_invalid = true;
    const auto start = cmw::base::unix_now().time_since_epoch().count();
    const auto pipeline = test.start({settings}, {sink.backend("b")});
    CHECK(eventually([&] { return sink.received().size() == 2; }));
    const auto all = sink.received();
    CHECK(all.at(0).text == "DEBUG 2021-11-17T22:26:21.5Z key=[redacted] caf\xEF\xBF\xBD");
    CHECK(all.at(0).time_ns == 1'637'187'981'500'000'000);
    CHECK(all.at(0).level == CMW_LEVEL_DEBUG);
    CHECK(all.at(1).text == " no time");
    CHECK(all.at(1).time_ns >= start);
}

TEST_CASE("the parts of a line that is too long are marked, and of one time") {
    Fixture test;
    append(test.path, "2021-11-17T22:26:21Z " + std::string(600, 'x') + "\nnext\n");
    auto limits = no_limits();
    limits.record_bytes = 256;
    Sink sink({}, limits);
    auto settings = stream("a", test.path, {"b"});
    settings.time = "rfc3339";
    const auto pipeline = test.start({settings}, {sink.backend("b")});
    CHECK(eventually([&] { return sink.received().size() == 4; }));
    const auto all = sink.received();
    std::string whole;
    for (std::size_t i = 0; i < 3; ++i) {
        std::string_view text = all.at(i).text;
        CHECK(text.size() <= 256);
        CHECK(all[i].time_ns == 1'637'187'981'000'000'000);
        CHECK(text.starts_with(continued_mark) == (i > 0));
        CHECK(text.ends_with(continues_mark) == (i < 2));
        if (i > 0) text.remove_prefix(continued_mark.size());
        if (i < 2) text.remove_suffix(continues_mark.size());
        whole += text;
    }
    CHECK(whole == "2021-11-17T22:26:21Z " + std::string(600, 'x'));
    CHECK(all.at(3).text == "next");
}

TEST_CASE("batches keep to the limits, and long lines are cut to them") {
    Fixture test;
    append(test.path, std::string(1000, 'x') + "\n" + numbered(0, 50));
    auto limits = no_limits();
    limits.records = 7;
    limits.bytes = 300;
    limits.overhead_bytes = 10;
    limits.record_bytes = 100;
    std::atomic<bool> kept{true};
    Sink sink(
        [&](std::size_t, const cmw_log_batch& batch) {
            std::size_t bytes = 0;
            for (std::size_t i = 0; i < batch.count; ++i) bytes += batch.records[i].text.size + 10;
            if (batch.count > 7 || bytes > 300) kept = false;
            return Order{};
        },
        limits);
    const auto pipeline = test.start({sink.backend("b")});
    Texts expected(10, std::string(100, 'x'));
    for (auto& one : numbers(0, 50)) expected.push_back(one);
    CHECK(eventually([&] { return sink.texts() == expected; }));
    CHECK(kept);
}

TEST_CASE("a log that cannot be opened is reported, and shipped when it can") {
    Fixture test;
    fs::create_directory(test.path); // As root no permission keeps us out.
    Sink sink;
    const auto pipeline = test.start({sink.backend("b")});
    CHECK(eventually([&] {
        const std::lock_guard lock(test.mutex);
        return !test.said.empty();
    }));
    fs::remove(test.path);
    append(test.path, "one\n");
    CHECK(eventually([&] { return sink.texts() == Texts{"one"}; }));
    CHECK(test.said.size() == 1);
}
