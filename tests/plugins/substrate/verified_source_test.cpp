// SPDX-License-Identifier: Apache-2.0
//
// The whole source with verify = "proof": what is true is approved, whoever lies is left.
#include "consensus-source/substrate/storage_key.hpp"
#include "fakes/chain/validators.hpp"
#include "follower.hpp"
#include "shared/hex.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace cmw::substrate;
using namespace std::chrono_literals;
using cmw::fakes::FakeChain;
using cmw::fakes::Lie;
using cmw::fakes::make_value;
using cmw::fakes::ProvableChain;
using cmw::fakes::Record;
using cmw::test::digest;
using cmw::test::Follower;

namespace {

/// But that of another block's header: a node that is a block behind tells the truth of it.
constexpr Lie every_lie[] = {Lie::WrongValue,    Lie::OldValue,     Lie::MissingNode,
                             Lie::FewSignatures, Lie::WrongSet,     Lie::Stranger,
                             Lie::DoubleVotes,   Lie::ForgedHeader, Lie::Garbage};

struct Proven {
    explicit Proven(std::vector<FakeChain*> given) : chains(std::move(given)) {
        Settings settings{.verify = verify_proof, .checkpoint = chains[0]->genesis()};
        for (const auto* chain : chains) settings.endpoints.push_back(chain->url());
        follower.emplace(settings, folder.path());
    }

    void lie(std::size_t which, Lie lie) {
        chains[which]->prove([&](ProvableChain& chain) { chain.lie = lie; });
    }
    void finalise(std::uint8_t server) {
        for (auto* chain : chains) chain->finalise(make_value({}, {server, 4}));
    }

    cmw::test::TemporaryFolder folder;
    std::vector<FakeChain*> chains;
    std::optional<Follower> follower;
};

} // namespace

TEST_CASE("what is proven is approved, and the facts say by what") {
    FakeChain chain({}, true);
    Proven proven({&chain});
    auto& f = *proven.follower;
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(1));
    CHECK(f.verdict->facts.at("verified") == "proof, set 0, block 1");
    chain.take_requests();
    proven.finalise(3);
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(3));
    CHECK(f.verdict->facts.at("verified") == "proof, set 0, block 2");
    CHECK(chain.requests("state_getReadProof") == 1);
    CHECK(chain.requests("grandpa_proveFinality") == 1);
    CHECK(chain.requests("state_queryStorageAt") == 0);
    // Authorities come and go.
    for (std::uint8_t i = 10; i < 15; ++i) {
        chain.prove([](ProvableChain& its) { its.change_authorities(); });
        proven.finalise(i);
        proven.finalise(i);
    }
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(14));
    CHECK(f.verdict->facts.at("verified") == "proof, set 5, block 12");
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->facts.at("verified") == "proof, set 5, block 12");
    CHECK(f.host.lines().empty());
}

TEST_CASE("without verify there is no such fact, and nothing is asked") {
    FakeChain chain({}, true);
    Follower f(chain.url());
    REQUIRE(f.poll() == CMW_OK);
    CHECK(!f.verdict->facts.contains("verified"));
    CHECK(chain.requests("state_getReadProof") + chain.requests("grandpa_proveFinality") == 0);
}

TEST_CASE("every lie is caught, approves nothing, and the next endpoint is used") {
    for (const auto lie : every_lie) {
        CAPTURE(static_cast<int>(lie));
        FakeChain liar({}, true);
        FakeChain honest({}, true);
        REQUIRE(liar.genesis() == honest.genesis());
        Proven proven({&liar, &honest});
        auto& f = *proven.follower;
        // From the start: it may be at the block that began the set, or be noticed later.
        proven.finalise(2);
        proven.lie(0, lie);
        const auto status = f.poll();
        CHECK((status == CMW_INVALID || status == CMW_AGAIN));
        CHECK(f.says("ws://127.0.0.1:"));
        CHECK(f.verdict->approved.empty());
        f.renew();
        REQUIRE(f.poll() == CMW_OK);
        CHECK(f.verdict->facts.at("endpoint") == honest.url());
        CHECK(f.approved("server") == digest(2));
        // And in the midst of it, with the roles changed.
        proven.lie(0, Lie::None);
        proven.lie(1, lie);
        proven.finalise(5);
        CHECK(f.poll() != CMW_OK);
        CHECK(f.verdict->approved.empty());
        f.renew();
        REQUIRE(f.poll() == CMW_OK);
        CHECK(f.verdict->facts.at("endpoint") == liar.url());
        CHECK(f.approved("server") == digest(5));
    }
}

TEST_CASE("several that must agree: a liar is left, and those that remain are enough or not") {
    FakeChain liar({}, true);
    FakeChain honest({}, true);
    FakeChain other({}, true);
    Proven proven({&liar, &honest, &other});
    auto& f = *proven.follower;
    f.settings.agree = 2;
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    proven.lie(0, Lie::WrongValue);
    proven.finalise(5);
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.approved("server") == digest(5));
    CHECK(f.verdict->facts.at("failing") == liar.url());
    proven.lie(1, Lie::FewSignatures);
    proven.finalise(6);
    CHECK(f.poll() != CMW_OK);
}

TEST_CASE("who is a validator is read with proofs, too") {
    const Record record{.validators = true};
    FakeChain chain(record, true);
    chain.store(cmw::fakes::validator_state(9));
    chain.finalise(make_value(record, {3, 4}));
    Proven proven({&chain});
    auto& f = *proven.follower;
    f.settings.ready = ready_validator;
    f.host.identity["hexNodeID"] = "0x" + cmw::shared::to_hex(cmw::fakes::cmix_id(7));
    f.renew();
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.runs());
    CHECK(chain.requests("state_getReadProof") == 4); // The checkpoint, the record, and the two.
    CHECK(chain.requests("state_queryStorageAt") == 0);
    f.host.identity["hexNodeID"] = "0x" + cmw::shared::to_hex(cmw::fakes::cmix_id(10));
    chain.finalise(make_value(record, {3, 4}));
    REQUIRE(f.poll() == CMW_OK);
    CHECK(!f.runs());
}

TEST_CASE("that a value is not there is proven as well") {
    FakeChain chain({}, true);
    Proven proven({&chain});
    auto& f = *proven.follower;
    chain.finalise(std::nullopt);
    CHECK(f.poll() == CMW_NOT_FOUND);
    proven.finalise(3);
    f.renew();
    CHECK(f.poll() == CMW_OK);
}

TEST_CASE("an old truth is not taken for news") {
    FakeChain chain({}, true);
    chain.prove([](ProvableChain& its) { its.time_ms = 1'700'000'000'000; });
    chain.finalise(make_value({}, {3, 4}));
    Proven proven({&chain});
    auto& f = *proven.follower;
    CHECK(f.poll() == CMW_AGAIN);
    CHECK(f.says("minutes old"));
    f.settings.proof_age = 0s;
    f.renew();
    CHECK(f.poll() == CMW_OK);
    chain.prove([](ProvableChain& its) { its.time_ms = 0; });
    chain.finalise(make_value({}, {3, 4}));
    REQUIRE(f.poll() == CMW_OK);
    f.settings.proof_age = 1h;
    f.renew();
    CHECK(f.poll() == CMW_UNSUPPORTED);
}

TEST_CASE("verify needs a checkpoint that is a hash") {
    const auto status = [](const Settings& settings) {
        try {
            Substrate::check(settings);
            return static_cast<cmw_status>(CMW_OK);
        } catch (const cmw::Error& e) {
            return e.status();
        }
    };
    const std::vector<std::string> endpoints{"ws://localhost"};
    CHECK(status({.endpoints = endpoints, .verify = verify_proof}) == CMW_CONFIG);
    CHECK(status({.endpoints = endpoints, .verify = verify_proof, .checkpoint = "0x12"}) ==
          CMW_CONFIG);
    CHECK(status({.endpoints = endpoints,
                  .verify = verify_proof,
                  .checkpoint = "0x" + std::string(64, 'a')}) == CMW_OK);
}
