// SPDX-License-Identifier: Apache-2.0
//
// The whole source against one node that may misbehave.
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

TEST_CASE("the first poll answers at once, later ones for each finalised head") {
    FakeChain chain;
    Follower f(chain.url());
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->standing == CMW_STANDING_RUN);
    CHECK(f.verdict->height == 1);
    CHECK(f.verdict->approved ==
          std::map<std::string, std::string>{{"server", digest(1)}, {"gateway", digest(2)}});
    CHECK(f.verdict->facts.at("endpoint") == chain.url());
    CHECK(f.verdict->facts.at("genesis") == chain.genesis());
    CHECK(f.verdict->facts.at("spec_name") == "fake");
    CHECK(f.verdict->facts.at("spec_version") == "200");
    CHECK(f.verdict->facts.at("synced") == "true");
    CHECK(f.verdict->facts.at("block_hash").size() == 66);

    chain.take_requests();
    chain.finalise(make_value({}, {3, 4}));
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->height == 2);
    CHECK(f.approved("server") == digest(3));
    // Two round trips, and the metadata are not asked for again.
    CHECK(chain.take_requests() ==
          std::vector<std::string>{"chain_getBlockHash", "state_getRuntimeVersion",
                                   "system_syncState", "state_queryStorageAt", "chain_getHeader"});
    CHECK(chain.connections() == 1);
    CHECK(f.poll(50ms) == CMW_CANCELLED);
    CHECK(chain.take_requests().empty());
}

TEST_CASE("flaw 12: what is not final is not read") {
    FakeChain chain;
    chain.propose(make_value({}, {8, 8}));
    Follower f(chain.url());
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(1));
    chain.finalise(make_value({}, {3, 4}));
    chain.propose(make_value({}, {8, 8}));
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(3));
    chain.propose(make_value({}, {9, 9}));
    CHECK(f.poll(50ms) == CMW_CANCELLED);
}

TEST_CASE("of many heads the newest counts") {
    FakeChain chain;
    Follower f(chain.url());
    REQUIRE(f.poll() == CMW_OK);
    for (std::uint8_t i = 10; i < 20; ++i) chain.finalise(make_value({}, {i, i}));
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->height == 11);
    CHECK(f.approved("server") == digest(19));
}

TEST_CASE("answers in batches, out of order and in fragments are put together") {
    FakeChain chain;
    for (const auto& manners : {Manners{.batches = true}, Manners{.fragments = true},
                                Manners{.batches = true, .fragments = true}}) {
        chain.behave(manners);
        Follower f(chain.url());
        REQUIRE(f.poll() == CMW_OK);
        chain.finalise(make_value({}, {5, 6}));
        REQUIRE(f.poll() == CMW_OK);
        CHECK(f.approved("gateway") == digest(6));
    }
    CHECK(chain.pongs() > 0);
}

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

TEST_CASE("another network is refused") {
    FakeChain chain;
    Follower right(Settings{.endpoints = {chain.url()}, .genesis = chain.genesis()});
    CHECK(right.poll() == CMW_OK);
    Follower wrong(Settings{.endpoints = {chain.url()}, .genesis = std::string(64, '1')});
    CHECK(wrong.poll() == CMW_CONFIG);
    CHECK(wrong.says(chain.url()));
    CHECK(wrong.says(chain.genesis()));
    CHECK(wrong.says(std::string(64, '1')));
}

TEST_CASE("a value that is missing or malformed approves nothing and says so") {
    FakeChain chain;
    Follower f(chain.url());
    REQUIRE(f.poll() == CMW_OK);
    auto torn = make_value({}, {3, 4});
    torn.resize(40);
    chain.finalise(torn);
    CHECK(f.poll() == CMW_INVALID);
    CHECK(f.text.find("XXCmix.CmixHashes at block 2 of " + chain.url()) != std::string::npos);
    CHECK(f.verdict->approved.empty());
    f.renew();
    CHECK(f.poll() == CMW_INVALID);
    chain.finalise(std::nullopt);
    f.renew();
    CHECK(f.poll() == CMW_NOT_FOUND);
    CHECK(f.text == "cannot find XXCmix.CmixHashes at block 3 of " + chain.url());
    chain.finalise(make_value({}, {5, 6}));
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(5));
}

TEST_CASE("an all-zero digest is passed on: the host is who refuses it") {
    FakeChain chain;
    Follower f(chain.url());
    chain.finalise(make_value({}, {0, 4}));
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(0));
    CHECK(f.approved("gateway") == digest(4));
}

TEST_CASE("a syncing node approves nothing, with either way to tell") {
    for (const bool lacks : {false, true}) {
        CAPTURE(lacks);
        FakeChain chain;
        chain.behave({.lacks_sync_state = lacks});
        chain.sync(1000);
        Follower f(chain.url());
        REQUIRE(f.poll() == CMW_OK);
        CHECK(f.verdict->standing == CMW_STANDING_WAIT);
        CHECK(f.verdict->reason == (lacks ? "still syncing" : "still syncing: block 1 of 1000"));
        CHECK(f.verdict->approved.empty());
        CHECK(f.verdict->facts.at("synced") == "false");
        chain.sync(0);
        chain.finalise(make_value({}, {3, 4}));
        REQUIRE(f.poll() == CMW_OK);
        CHECK(f.verdict->standing == CMW_STANDING_RUN);
        CHECK(f.approved("server") == digest(3));
        chain.sync(1000);
        chain.finalise(make_value({}, {5, 6}));
        REQUIRE(f.poll() == CMW_OK);
        CHECK(f.verdict->standing == CMW_STANDING_WAIT);
        CHECK(f.verdict->approved.empty());
        // Without a head, too: a syncing node is asked again.
        chain.sync(0);
        REQUIRE(f.poll() == CMW_OK);
        CHECK(f.verdict->standing == CMW_STANDING_RUN);
        CHECK(f.approved("server") == digest(5));

        chain.sync(1000);
        Follower careless(Settings{.endpoints = {chain.url()}, .require_synced = false});
        REQUIRE(careless.poll() == CMW_OK);
        CHECK(careless.verdict->standing == CMW_STANDING_RUN);
        CHECK(careless.approved("server") == digest(5));
        CHECK(careless.verdict->facts.at("synced") == "false");
    }
}

TEST_CASE("a runtime upgrade that moves and adds fields is followed from the block it runs") {
    FakeChain chain;
    Follower f(chain.url());
    REQUIRE(f.poll() == CMW_OK);
    const Record after{.fields = {"gateway", "relay", "server"}};
    chain.upgrade_runtime(after);
    // The block that brings the code is still laid out by the old runtime.
    chain.finalise(make_value({}, {3, 4}));
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->facts.at("spec_version") == "200");
    CHECK(f.approved("server") == digest(3));
    chain.finalise(make_value(after, {5, 6, 7}));
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->facts.at("spec_version") == "201");
    CHECK(f.approved("gateway") == digest(5));
    CHECK(f.approved("relay") == digest(6));
    CHECK(f.approved("server") == digest(7));
    CHECK(chain.connections() == 1);

    chain.upgrade_runtime({.pallet = "Other"});
    chain.finalise(make_value(after, {5, 6, 7}));
    REQUIRE(f.poll() == CMW_OK);
    chain.finalise(make_value(after, {5, 6, 7}));
    CHECK(f.poll() == CMW_NOT_FOUND);
    CHECK(f.text.find("fake 202") != std::string::npos);
}

TEST_CASE("an item that is a map is a mistake of the configuration") {
    FakeChain chain(Record{.map = true});
    Follower f(chain.url());
    CHECK(f.poll() == CMW_CONFIG);
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

TEST_CASE("a chain with its own pallet, item and fields is read as configured") {
    const Record record{.fields = {"a_hash", "b_hash"}, .pallet = "Releases", .item = "Current"};
    FakeChain chain(record);
    Settings settings{.endpoints = {chain.url()},
                      .pallet = "Releases",
                      .item = "Current",
                      .fields = {{"node", "b_hash"}, {"tool", "extra.0"}},
                      .algorithm = "sha-256"};
    Follower f(settings);
    REQUIRE(f.poll() == CMW_OK);
    REQUIRE(f.verdict->approved.size() == 1); // There is no extra yet.
    CHECK(f.approved("node") == "sha-256" + digest(2).substr(11));
    settings.fields["node"] = "c_hash";
    Follower wrong(settings);
    CHECK(wrong.poll() == CMW_CONFIG);
    CHECK(wrong.says("it has no field 'c_hash'; there are: a_hash, b_hash, extra"));
}

TEST_CASE("a chain whose metadata are of version 13 is read, told what its types are") {
    FakeChain chain(Record{.version = 13});
    Follower lost(chain.url());
    CHECK(lost.poll() == CMW_UNSUPPORTED);
    CHECK(lost.says("SoftwareHashes"));
    CHECK(lost.says("'types'"));
    Follower f(Settings{
        .endpoints = {chain.url()},
        .types = {{"SoftwareHashes", "{server: Hash, gateway: Hash, extra: Option<Vec<Hash>>}"}}});
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(1));
    CHECK(f.approved("gateway") == digest(2));
    CHECK(f.verdict->facts.at("admin_permission") == "block 0 (over)");
    // The upgrade to a runtime that says what its types are is followed by itself.
    chain.upgrade_runtime({.fields = {"gateway", "server"}});
    chain.finalise(make_value({}, {3, 4}));
    REQUIRE(f.poll() == CMW_OK);
    chain.finalise(make_value({}, {5, 6}));
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("gateway") == digest(5));
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

TEST_CASE("the options are checked") {
    const auto status = [](const Settings& settings) {
        try {
            Substrate::check(settings);
            return static_cast<cmw_status>(CMW_OK);
        } catch (const cmw::Error& e) {
            return e.status();
        }
    };
    CHECK(status({.endpoints = {"ws://localhost:63007"}}) == CMW_OK);
    CHECK(status({}) == CMW_CONFIG);
    CHECK(status({.endpoints = {"http://localhost"}}) == CMW_CONFIG);
    CHECK(status({.endpoints = {"ws://localhost"}, .genesis = "0x12"}) == CMW_CONFIG);
    CHECK(status({.endpoints = {"ws://localhost"}, .types = {{"A", "{b: Vec<u8>}"}}}) == CMW_OK);
    CHECK(status({.endpoints = {"ws://localhost"}, .types = {{"A", "{b Vec<u8>}"}}}) == CMW_CONFIG);
}
