// SPDX-License-Identifier: Apache-2.0
//
// The whole source on one node that behaves.
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
