// SPDX-License-Identifier: Apache-2.0
//
// The whole source against one node that misbehaves: every failure is one, and a new instance goes on.
#include "follower.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace cmw::substrate;
using namespace std::chrono_literals;
using cmw::fakes::FakeChain;
using cmw::fakes::make_value;
using cmw::fakes::Manners;
using cmw::fakes::Record;
using cmw::test::digest;
using cmw::test::Follower;
using cmw::testing::TestCall;

TEST_CASE("a connection that fails in any way is a failure, and a new instance goes on") {
    FakeChain chain;
    const std::vector<Manners> table{
        {.silent = true},
        {.garbage = true},
        {.torn = true},
        {.cuts = true},
        {.lies = true},
        {.wrong_ids = true},
        {.huge = true},
        {.odd = true},
        {.omits = true},
        {.fails = "state_queryStorageAt"},
        {.fails = "chain_getBlockHash"},
        {.fails = "system_syncState"},
        {.fails = "state_getRuntimeVersion"},
        {.fails = "chain_getHeader"},
    };
    for (std::size_t i = 0; i < table.size(); ++i) {
        CAPTURE(i);
        Settings settings{.endpoints = {chain.url()}};
        if (table[i].silent || table[i].torn || table[i].wrong_ids)
            settings.request_timeout = 100ms;
        // From the start, and once all was well.
        for (const bool later : {false, true}) {
            chain.behave({});
            chain.finalise(make_value({}, {1, 2}));
            Follower f(settings);
            if (later) {
                f.settings.request_timeout = 30s;
                f.renew();
                REQUIRE(f.poll() == CMW_OK);
                f.settings = settings;
                Follower impatient(settings);
                if (impatient.poll() != CMW_OK) continue; // A busy machine: not what is tested.
                f.source = std::move(impatient.source);
                chain.finalise(make_value({}, {1, 2}));
            }
            chain.behave(table[i]);
            const auto status = f.poll();
            CHECK((status == CMW_AGAIN || status == CMW_INVALID));
            CHECK(f.text.find(chain.url()) != std::string::npos);
            CHECK(f.text.starts_with("cannot "));
            chain.behave({});
            f.settings.request_timeout = 30s;
            f.renew();
            CHECK(f.poll() == CMW_OK);
        }
    }
}

TEST_CASE("a node that goes away right after a notification is a failure") {
    FakeChain chain;
    Follower f(chain.url());
    REQUIRE(f.poll() == CMW_OK);
    chain.behave({.cuts_after_head = true});
    chain.finalise(make_value({}, {3, 4}));
    CHECK(f.poll() == CMW_AGAIN);
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(3));
    chain.cut_all();
    CHECK(f.poll() == CMW_AGAIN);
}

TEST_CASE("who does not listen or does not speak WebSocket is a failure") {
    std::string gone;
    {
        FakeChain chain;
        gone = chain.url();
    }
    Follower f(gone);
    CHECK(f.poll() == CMW_AGAIN);
    CHECK(f.text.find(gone) != std::string::npos);

    FakeChain chain;
    chain.upgrade_handshake(false);
    Follower mute(Settings{.endpoints = {chain.url()}, .connect_timeout = 100ms});
    CHECK(mute.poll() == CMW_AGAIN);

    // TLS where there is none, and a certificate that cannot be shown.
    Follower tls(Settings{.endpoints = {"wss" + chain.url().substr(2)}, .connect_timeout = 100ms});
    CHECK(tls.poll() == CMW_AGAIN);
}

TEST_CASE(
    "a finalised head that goes back or elsewhere is a failure, and what is final now counts") {
    FakeChain chain;
    Follower f(chain.url());
    REQUIRE(f.poll() == CMW_OK);
    chain.finalise(make_value({}, {3, 4}));
    REQUIRE(f.poll() == CMW_OK);
    chain.go_back();
    CHECK(f.poll() == CMW_INVALID);
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    chain.fork(make_value({}, {5, 6}));
    CHECK(f.poll() == CMW_INVALID);
    CHECK(f.says("another block 2"));
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->height == 2);
    CHECK(f.approved("server") == digest(5));
}

TEST_CASE("a subscription that ends is a failure") {
    FakeChain chain;
    Follower f(chain.url());
    REQUIRE(f.poll() == CMW_OK);
    chain.behave({.ends_subscription = true});
    chain.finalise(make_value({}, {3, 4}));
    CHECK(f.poll() == CMW_INVALID);
    chain.behave({});
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(3));
}

TEST_CASE("flaw 10: a connection that dies while the node is syncing is made anew") {
    for (const auto& manners : {Manners{.cuts = true}, Manners{.silent = true}}) {
        CAPTURE(manners.cuts);
        FakeChain chain;
        chain.sync(1000);
        Follower f(Settings{.endpoints = {chain.url()}, .request_timeout = 300ms});
        while (f.poll() != CMW_OK) f.renew(); // A busy machine is not what is tested.
        CHECK(f.verdict->reason == "still syncing: block 1 of 1000");
        chain.behave(manners);
        // It is asked again by itself, and is not there: no "still syncing" for ever.
        CHECK(f.poll() == CMW_AGAIN);
        CHECK(f.says(chain.url()));
        chain.behave({});
        chain.sync(0);
        const auto connections = chain.connections();
        do f.renew();
        while (f.poll() != CMW_OK);
        CHECK(f.runs());
        CHECK(f.approved("server") == digest(1));
        CHECK(chain.connections() > connections);
    }
}

TEST_CASE("a silent chain is asked whether it is there") {
    FakeChain chain;
    Follower f(Settings{.endpoints = {chain.url()}, .silence_timeout = 50ms});
    REQUIRE(f.poll() == CMW_OK);
    chain.take_requests();
    // It is there and has nothing to say.
    CHECK(f.poll(1s) == CMW_CANCELLED);
    CHECK(std::ranges::count(chain.take_requests(), "chain_getFinalizedHead") > 1);
    // It has something to say and does not.
    f.settings.request_timeout = 300ms;
    f.renew();
    while (f.poll() != CMW_OK) f.renew();
    chain.behave({.keeps_heads = true});
    chain.finalise(make_value({}, {3, 4}));
    CHECK(f.poll() == CMW_AGAIN);
    // It is there no longer, and nobody says so.
    chain.behave({});
    f.renew();
    while (f.poll() != CMW_OK) f.renew();
    chain.behave({.silent = true});
    CHECK(f.poll() == CMW_AGAIN);
    CHECK(f.text.find("cannot wait longer for " + chain.url()) != std::string::npos);
}

TEST_CASE("a cancelled call ends in every state, and the connection goes on where it can") {
    FakeChain chain;
    const auto cancel_when = [&](Follower& f, const std::string& method) {
        TestCall call;
        std::thread canceller([&] {
            CHECK(chain.wait_for_request(method));
            call.cancel();
        });
        const auto status = f.poll(call);
        canceller.join();
        return status;
    };
    // While the node does not answer.
    chain.behave({.silent = true});
    Follower f(chain.url());
    CHECK(cancel_when(f, "chain_getFinalizedHead") == CMW_CANCELLED);
    // In the midst of a message: only a new connection helps, and it is made.
    chain.behave({.torn = true});
    chain.take_requests();
    CHECK(cancel_when(f, "chain_getFinalizedHead") == CMW_CANCELLED);
    chain.behave({});
    REQUIRE(f.poll() == CMW_OK);
    // While nothing happens.
    const auto connections = chain.connections();
    TestCall call;
    std::thread canceller([&] { call.cancel(); });
    CHECK(f.poll(call) == CMW_CANCELLED);
    canceller.join();
    // While a head is being read: the next poll reads it.
    chain.behave({.silent = true});
    chain.finalise(make_value({}, {3, 4}));
    chain.take_requests();
    CHECK(cancel_when(f, "system_syncState") == CMW_CANCELLED);
    chain.behave({});
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(3));
    CHECK(chain.connections() == connections);
}
