// SPDX-License-Identifier: Apache-2.0
//
// Several endpoints: one at a time, or so many that must agree.
#include "consensus-source/substrate/agreement.hpp"
#include "follower.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace cmw::substrate;
using namespace std::chrono_literals;
using cmw::fakes::FakeChain;
using cmw::fakes::make_value;
using cmw::test::digest;
using cmw::test::Follower;
using cmw::testing::TestCall;

namespace {

std::string url_of_nobody() {
    const FakeChain gone;
    return gone.url();
}

/// Nodes of one chain: what is done to all alike gives the same blocks.
struct Nodes {
    std::array<FakeChain, 3> chains;

    std::vector<std::string> urls() const {
        std::vector<std::string> urls;
        for (const auto& chain : chains) urls.push_back(chain.url());
        return urls;
    }
    Settings settings(std::int64_t agree) const { return {.endpoints = urls(), .agree = agree}; }
    void finalise(std::initializer_list<std::size_t> which, std::uint8_t server) {
        for (const auto i : which) chains[i].finalise(make_value({}, {server, 4}));
    }
    unsigned connections() {
        unsigned sum = 0;
        for (auto& chain : chains) sum += chain.connections();
        return sum;
    }
};

} // namespace

TEST_CASE("where an answer is looked for") {
    using Numbers = std::vector<std::uint64_t>;
    CHECK(candidates({5}, 1) == Numbers{5});
    CHECK(candidates({105, 1'000'000, 105}, 2) == Numbers{105});
    CHECK(candidates({105, 104, 105}, 2) == Numbers{105, 104});
    CHECK(candidates({7, 9, 8, 3}, 2) == Numbers{8, 7, 3});
    CHECK(candidates({7, 9, 8}, 3) == Numbers{7});
    CHECK(candidates({7}, 2).empty());
}

TEST_CASE("which answers are the same") {
    const Answer a{.number = 1, .hash = "a", .approved = {{"server", {1}}}};
    Answer b = a;
    b.approved["server"] = {2};
    using Places = std::vector<std::size_t>;
    CHECK(agreeing({&a, &b, &a}, 2) == Places{0, 2});
    CHECK(agreeing({&b, &a, &a}, 2) == Places{1, 2});
    CHECK(agreeing({&a, &b}, 2).empty());
    CHECK(agreeing({}, 1).empty());
    CHECK(agreeing({&a, &b}, 1) == Places{0});
    CHECK(agreeing({&a, &b, &b, &a}, 2) == Places{0, 3});

    CHECK(difference(a, b) == "another digest of server");
    b = a;
    b.hash = "b";
    CHECK(difference(a, b) == "another block");
    b = a;
    b.approved.clear();
    CHECK(difference(a, b) == "no digest of server");
    CHECK(difference(b, a) == "digests of more targets");
    b = a;
    b.standing.run = true;
    CHECK(difference(a, b) == "another standing of this node");
    b = a;
    b.genesis = "x";
    CHECK(difference(a, b) == "another network");
    b = a;
    b.announced.push_back({});
    CHECK(difference(a, b) == "other motions");
}

TEST_CASE("one endpoint is used at a time, and a new instance begins with the one that worked") {
    Nodes nodes;
    const auto gone = url_of_nobody();
    Follower f(Settings{.endpoints = {gone, nodes.chains[0].url(), nodes.chains[1].url()}});
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->facts.at("endpoint") == nodes.chains[0].url());
    CHECK(f.host.lines().size() == 1);
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.host.lines().size() == 1); // The first is not tried again.
    CHECK(nodes.chains[1].connections() == 0);

    // It accepts connections and is of no use: the next one's turn.
    nodes.chains[0].behave({.fails = "state_queryStorageAt"});
    nodes.finalise({0, 1}, 5);
    CHECK(f.poll() == CMW_AGAIN);
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->facts.at("endpoint") == nodes.chains[1].url());
    CHECK(f.approved("server") == digest(5));
    CHECK(nodes.chains[1].connections() == 1);

    // And round to the first that there is.
    nodes.chains[1].cut_all();
    CHECK(f.poll() == CMW_AGAIN);
    nodes.chains[0].behave({});
    nodes.chains[1].behave({.cuts = true});
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->facts.at("endpoint") == nodes.chains[0].url());
}

TEST_CASE("all endpoints dead is one failure, that of the last one tried") {
    const auto first = url_of_nobody();
    Follower f(Settings{.endpoints = {first, "ws://127.0.0.1:1"}});
    CHECK(f.poll() == CMW_AGAIN);
    CHECK(f.says("127.0.0.1:1"));
    CHECK(f.host.lines().size() == 1);
}

TEST_CASE("flaw 12: two of three must agree, and the one that differs is named") {
    Nodes nodes;
    Follower f(nodes.settings(2));
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(1));
    CHECK(f.verdict->facts.at("agreeing") == "3 of 3 endpoints, 2 needed");
    CHECK_FALSE(f.verdict->facts.contains("differing"));
    CHECK(nodes.connections() == 3);

    nodes.finalise({0}, 66); // It lies, first.
    nodes.finalise({1, 2}, 5);
    while (f.verdict->height < 2) REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(5));
    const auto liar = nodes.chains[0].url();
    CHECK(f.verdict->facts.at("differing") == liar + " (another digest of server)");
    CHECK(f.verdict->facts.at("endpoint").find(liar) == std::string::npos);
    REQUIRE(f.host.lines().size() == 1);
    CHECK(f.host.lines()[0].find(liar) != std::string::npos);
    CHECK(nodes.connections() == 3);
}

TEST_CASE("one endpoint alone, however far ahead, does not count") {
    Nodes nodes;
    Follower f(nodes.settings(2));
    REQUIRE(f.poll() == CMW_OK);
    for (std::uint8_t i = 0; i < 5; ++i) nodes.finalise({0}, static_cast<std::uint8_t>(60 + i));
    CHECK(f.poll(300ms) == CMW_CANCELLED);
    nodes.finalise({1}, 60);
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->height == 2);
    CHECK(f.approved("server") == digest(60));
}

TEST_CASE("endpoints that never agree are a failure that says who has what") {
    Nodes nodes;
    Follower f(nodes.settings(3));
    REQUIRE(f.poll() == CMW_OK);
    nodes.finalise({0, 1}, 5);
    nodes.finalise({2}, 6);
    cmw_status status = CMW_OK;
    while (status == CMW_OK) status = f.poll();
    CHECK(status == CMW_AGAIN);
    for (const auto& url : nodes.urls()) CHECK(f.says(url));
    CHECK(f.says("another digest of server"));
}

TEST_CASE("an endpoint that fails is left while enough others agree") {
    Nodes nodes;
    Follower f(nodes.settings(2));
    REQUIRE(f.poll() == CMW_OK);
    nodes.chains[1].behave({.cuts = true});
    nodes.finalise({0, 1, 2}, 5);
    while (f.verdict->height < 2) REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(5));
    CHECK(f.verdict->facts.at("failing") == nodes.chains[1].url());
    CHECK(f.verdict->facts.at("agreeing") == "2 of 3 endpoints, 2 needed");
    nodes.chains[2].cut_all();
    CHECK(f.poll() == CMW_AGAIN);
    CHECK(f.says("only 1 can be used"));
}

TEST_CASE("too few endpoints, or of another network, is a failure") {
    Nodes nodes;
    FakeChain other(cmw::fakes::Record{.fields = {"server"}});
    const auto gone = url_of_nobody();
    Follower few(Settings{.endpoints = {gone, nodes.chains[0].url()}, .agree = 2});
    CHECK(few.poll() == CMW_AGAIN);
    CHECK(few.says(gone));
    Follower pinned(
        Settings{.endpoints = nodes.urls(), .agree = 2, .genesis = std::string(64, '1')});
    CHECK(pinned.poll() == CMW_CONFIG);
    CHECK(pinned.says(nodes.chains[0].genesis()));
    CHECK(pinned.says(std::string(64, '1')));
}

TEST_CASE("while too few are in sync nothing is approved") {
    Nodes nodes;
    nodes.chains[0].sync(500);
    nodes.chains[1].sync(500);
    Follower f(nodes.settings(2));
    REQUIRE(f.poll() == CMW_OK);
    CHECK_FALSE(f.runs());
    CHECK(f.verdict->reason == "still syncing: block 1 of 500");
    CHECK(f.verdict->approved.empty());
    nodes.chains[1].sync(0);
    while (!f.runs()) REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(1));
    CHECK(f.verdict->facts.at("agreeing") == "2 of 3 endpoints, 2 needed");
}

TEST_CASE("a call on several endpoints is cancelled in every state") {
    Nodes nodes;
    Follower f(nodes.settings(2));
    REQUIRE(f.poll() == CMW_OK);
    const auto connections = nodes.connections();
    TestCall idle;
    std::thread first([&] { idle.cancel(); });
    CHECK(f.poll(idle) == CMW_CANCELLED);
    first.join();
    for (auto& chain : nodes.chains) chain.take_requests();
    nodes.chains[0].behave({.silent = true});
    nodes.finalise({0, 1, 2}, 5);
    TestCall reading;
    std::thread second([&] {
        CHECK(nodes.chains[0].wait_for_request("system_syncState"));
        reading.cancel();
    });
    CHECK(f.poll(reading) == CMW_CANCELLED);
    second.join();
    nodes.chains[0].behave({});
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(5));
    CHECK(nodes.connections() == connections);
}

TEST_CASE("so many must agree as there are endpoints, at most") {
    const auto status = [](const Settings& settings) {
        try {
            Substrate::check(settings);
            return static_cast<cmw_status>(CMW_OK);
        } catch (const cmw::Error& e) {
            return e.status();
        }
    };
    CHECK(status({.endpoints = {"ws://a", "ws://b"}, .agree = 2}) == CMW_OK);
    CHECK(status({.endpoints = {"ws://a", "ws://b"}, .agree = 3}) == CMW_CONFIG);
    CHECK(status({.endpoints = {"ws://a"}, .agree = 0}) == CMW_CONFIG);
    // One that is named twice would agree with itself.
    CHECK(status({.endpoints = {"ws://a", "ws://a:80/"}, .agree = 2}) == CMW_CONFIG);
    CHECK(status({.endpoints = {"ws://a", "ws://a:80/"}}) == CMW_OK);
}
