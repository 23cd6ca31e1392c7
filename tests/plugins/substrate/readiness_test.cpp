// SPDX-License-Identifier: Apache-2.0
#include "fakes/chain/validators.hpp"
#include "follower.hpp"
#include "shared/hex.hpp"

#include "consensus-source/substrate/readiness.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace cmw::substrate;
using namespace cmw::fakes;
using namespace std::chrono_literals;
using cmw::test::digest;
using cmw::test::Follower;

namespace {

const Record with_validators{.validators = true};

struct Network {
    explicit Network(std::size_t count, const Record& record = with_validators) : chain(record) {
        chain.store(validator_state(count));
        next();
    }
    void next() { chain.finalise(make_value(with_validators, {3, 4})); }
    std::size_t searches() { return chain.requests("state_queryStorageAt"); }

    FakeChain chain;
};

/// A node with the id of validator `number`.
struct Node : Follower {
    Node(Network& given, std::size_t number, const char* ready = ready_validator)
        : Follower(Settings{.endpoints = {given.chain.url()}, .ready = ready}), network(given) {
        identify(number);
    }
    void identify(std::size_t number) {
        host.identity["hexNodeID"] = "0x" + cmw::shared::to_hex(cmix_id(number));
    }
    /// The next block has been judged.
    bool ready() {
        network.next();
        REQUIRE(poll() == CMW_OK);
        CHECK(approved("server") == digest(3)); // Whatever the standing is.
        return runs();
    }
    const std::string& why() const { return verdict->reason; }
    bool knows_that_it_left() const { return verdict->facts.contains("active"); }

    Network& network;
};

} // namespace

TEST_CASE(
    "1,000 validators: who this node is takes two requests, and again only when they change") {
    Network network(1000);
    Node node(network, 998);
    network.chain.take_requests();
    REQUIRE(node.poll() == CMW_OK);
    CHECK(node.runs());
    CHECK(network.searches() == 1 + 2); // The record's, and the two.
    network.chain.take_requests();
    CHECK(node.ready());
    CHECK(node.ready());
    CHECK(network.searches() == 2); // The record's alone.

    network.chain.take_requests();
    network.chain.store(validators_key, validators(0, 998));
    CHECK_FALSE(node.ready());
    CHECK(node.why() == "this node is none of the 998 active validators");
    CHECK(node.knows_that_it_left());
    CHECK(network.searches() == 1 + 2);
    network.chain.take_requests();
    CHECK_FALSE(node.ready());
    CHECK(network.searches() == 1);
    network.chain.store(validators_key, validators(500, 1000));
    CHECK(node.ready());
    CHECK_FALSE(node.knows_that_it_left());
    CHECK(network.chain.connections() == 1);
}

TEST_CASE("a ledger that names the node later is noticed") {
    Network network(3);
    Node node(network, 7);
    network.chain.store(ledger_key(account(0xca, 1)), ledger(1, {}));
    REQUIRE(node.poll() == CMW_OK);
    CHECK_FALSE(node.runs());
    network.chain.store(ledger_key(account(0xca, 1)), ledger(1, cmix_id(7)));
    int blocks = 0;
    while (!node.ready() && blocks < 30) ++blocks;
    CHECK(blocks < 12); // It is looked for every tenth block.
}

TEST_CASE("flaw 9: disabled positions unsorted, doubled or out of range, and missing ledgers") {
    Network network(5);
    Node node(network, 2);
    auto& chain = network.chain;
    // Validator 0 has no controller, 1 no ledger, 3 one that cannot be read, 4 one without an id.
    chain.store(bonded_key(account(0x51, 0)), std::nullopt);
    chain.store(ledger_key(account(0xca, 1)), std::nullopt);
    chain.store(ledger_key(account(0xca, 3)), std::vector<std::uint8_t>{1, 2, 3});
    chain.store(ledger_key(account(0xca, 4)), ledger(4, {}));
    CHECK(node.ready());
    for (const auto& places : std::vector<std::vector<std::uint32_t>>{
             {}, {4, 0, 1}, {1, 1, 3}, {99, 4'000'000'000, 0}}) {
        chain.store(disabled_key, disabled(places));
        CHECK(node.ready());
    }
    for (const auto& places :
         std::vector<std::vector<std::uint32_t>>{{2}, {4, 2, 0}, {77, 2, 2, 1}}) {
        chain.store(disabled_key, disabled(places));
        CHECK_FALSE(node.ready());
        CHECK(node.why() == "this node is an active validator, but disabled");
        CHECK(node.knows_that_it_left());
    }
    chain.store(disabled_key, std::nullopt);
    CHECK(node.ready());
    CHECK(chain.connections() == 1);

    // A list that is none is no reason to believe anything.
    chain.store(disabled_key, std::vector<std::uint8_t>{8, 1});
    network.next();
    CHECK(node.poll() == CMW_INVALID);
    chain.store(disabled_key, std::nullopt);
    chain.store(validators_key, std::nullopt);
    network.next();
    node.renew();
    CHECK(node.poll() == CMW_NOT_FOUND);
    CHECK(node.says("Session.Validators"));
}

TEST_CASE("a runtime without disabled validators, and one without any") {
    Network simple(3, {.validators = true, .disabled = false});
    Node node(simple, 1);
    CHECK(node.ready());
    Network none(0, {});
    Node lost(none, 1);
    CHECK(lost.poll() == CMW_CONFIG);
    CHECK(lost.says("Session.Validators"));
}

TEST_CASE("the identity decides what is waited for") {
    Network network(3);
    Node node(network, 1);
    // The file is not there yet: the approvals are.
    node.host.identity.clear();
    REQUIRE(node.poll() == CMW_OK);
    CHECK_FALSE(node.runs());
    CHECK(node.approved("server") == digest(3));
    CHECK_FALSE(node.why().empty());
    CHECK_FALSE(node.knows_that_it_left()); // It cannot tell.
    node.identify(1);
    CHECK(node.ready());
    // Another id is another node.
    node.identify(5);
    CHECK_FALSE(node.ready());
    node.identify(2);
    CHECK(node.ready());
    node.host.identity["hexNodeID"] = "0x1234";
    CHECK_FALSE(node.ready());
    CHECK(node.why().find("hexNodeID") != std::string::npos);
    CHECK(network.chain.connections() == 1);
}

TEST_CASE("without being told, a gateway waits for no validator and a node does") {
    Network network(3);
    Node gateway(network, 9);
    gateway.settings.ready = ready_auto;
    gateway.host.identity["type"] = "gateway";
    gateway.renew();
    CHECK(gateway.ready());
    Node node(network, 9);
    node.settings.ready = ready_auto;
    node.host.identity["type"] = "node";
    node.renew();
    CHECK_FALSE(node.ready());
    node.identify(0);
    CHECK(node.ready());
}

TEST_CASE("readiness follows a runtime upgrade that moves fields") {
    Network network(3);
    Node node(network, 1);
    REQUIRE(node.poll() == CMW_OK);
    network.chain.upgrade_runtime(
        {.fields = {"gateway", "server"}, .validators = true, .disabled = false});
    CHECK(node.ready());
    network.next();
    REQUIRE(node.poll() == CMW_OK);
    CHECK(node.runs());
    CHECK(node.approved("gateway") == digest(3));
}
