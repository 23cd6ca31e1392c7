// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/substrate/storage_key.hpp"
#include "fakes/chain/scale_writer.hpp"
#include "follower.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace cmw::substrate;
using namespace cmw::fakes;
using namespace std::chrono_literals;
using cmw::test::digest;
using cmw::test::Follower;
using Blob = std::vector<std::uint8_t>;

namespace {

const Record with_committee{.committee = "TechnicalCommittee"};

/// A chain whose committee and scheduler have something to do, and who follows it.
struct Assembly {
    explicit Assembly(const Record& given = with_committee)
        : record(given), chain(given), node(chain.url()) {}

    std::string key(const char* item, const Blob& hash) const {
        return storage_key(
            {.prefix = record.committee, .name = item, .hashers = {StorageItem::Hasher::Identity}},
            hash);
    }
    /// The motions under way, each a call, numbered from 7 on.
    void move(const std::vector<Blob>& calls) {
        ScaleWriter list;
        list.compact(calls.size());
        for (std::size_t i = 0; i < calls.size(); ++i) {
            const Blob hash(32, static_cast<std::uint8_t>(++hashes));
            list.raw(hash);
            chain.store(key("ProposalOf", hash), calls[i]);
            chain.store(key("Voting", hash),
                        ScaleWriter().u32(static_cast<std::uint32_t>(7 + i)).u32(2).bytes);
        }
        chain.store(storage_key(record.committee, "Proposals"), list.bytes);
    }
    void schedule(std::uint32_t block, const std::optional<Blob>& call) {
        chain.store(storage_key({.prefix = "Scheduler",
                                 .name = "Agenda",
                                 .hashers = {StorageItem::Hasher::Twox64Concat}},
                                ScaleWriter().u32(block).bytes),
                    call ? std::optional(make_agenda(record, *call)) : std::nullopt);
    }
    /// What is announced at the next block.
    std::vector<cmw::testing::TestVerdict::Announced> announced() {
        chain.finalise(make_value(record, {3, 4}));
        REQUIRE(node.poll() == CMW_OK);
        CHECK(node.approved("server") == digest(3));
        return node.verdict->announced;
    }

    Record record;
    FakeChain chain;
    Follower node;
    unsigned hashes = 0;
};

} // namespace

TEST_CASE("a pending motion announces what it would change, until it is decided") {
    Assembly a;
    CHECK(a.announced().empty());
    a.move({make_other_call({1, 2}), make_call(make_value(a.record, {9, 4}))});
    auto told = a.announced();
    REQUIRE(told.size() == 1); // The gateway stays as it is.
    CHECK(told[0].target == "server");
    CHECK(told[0].digest == digest(9));
    CHECK(told[0].height == 0);
    CHECK(told[0].why == "motion #8 of the technical committee");
    // It is read once.
    a.chain.take_requests();
    CHECK(a.announced().size() == 1);
    CHECK(a.chain.requests("state_getMetadata") == 0);
    CHECK(a.chain.requests("state_queryStorageAt") == 1);
    // Two motions, one of them in batches.
    const auto batch =
        make_batch({make_other_call({}), make_batch({make_call(make_value(a.record, {5, 6}))})});
    a.move({batch, make_call(make_value(a.record, {9, 4}))});
    told = a.announced();
    CHECK(told.size() == 3);
    CHECK(std::ranges::count(told, digest(6), &cmw::testing::TestVerdict::Announced::digest) == 1);
    a.move({});
    CHECK(a.announced().empty());
    CHECK(a.chain.connections() == 1);
}

TEST_CASE("a committee of another name, that is found or told of") {
    Assembly short_name({.committee = "TechCommittee"});
    short_name.move({make_call(make_value({}, {9, 4}))});
    CHECK(short_name.announced().at(0).why == "motion #7 of the tech committee");
    Assembly other({.committee = "Elders"});
    other.move({make_call(make_value({}, {9, 4}))});
    CHECK(other.announced().empty());
    other.node.settings.committee = "Elders";
    other.node.renew();
    CHECK(other.announced().at(0).why == "motion #7 of the elders");
}

TEST_CASE("a call in the scheduler's agenda is announced with its block") {
    for (const bool encoded : {false, true}) {
        CAPTURE(encoded);
        Assembly a({.committee = "TechnicalCommittee", .inline_calls = encoded});
        a.schedule(1000, make_call(make_value(a.record, {9, 8})));
        a.schedule(2000, make_other_call({7}));
        auto told = a.announced();
        REQUIRE(told.size() == 2);
        CHECK(told[0].height == 1000);
        CHECK(told[0].why == "scheduled for block 1000");
        // It is changed, then it is gone.
        a.schedule(1000, make_batch({make_call(make_value(a.record, {3, 8}))}));
        told = a.announced();
        REQUIRE(told.size() == 1);
        CHECK(told[0].target == "gateway");
        a.schedule(1000, std::nullopt);
        CHECK(a.announced().empty());
    }
}

TEST_CASE("what cannot be read of a motion is said and changes nothing") {
    Assembly a;
    auto torn = make_call(make_value(a.record, {9, 4}));
    torn.resize(40);
    a.move({torn, Blob{9, 3}, make_call(make_value(a.record, {5, 4}))});
    const auto told = a.announced();
    REQUIRE(told.size() == 1);
    CHECK(told[0].digest == digest(5));
    CHECK(a.node.host.lines().size() == 2);
    // A list of motions that is none; zeros, that are nobody's; a node that lists no keys.
    a.chain.store(storage_key("TechnicalCommittee", "Proposals"), Blob{8, 1});
    CHECK(a.announced().empty());
    a.move({make_call(make_value(a.record, {0, 0}))});
    CHECK(a.announced().empty());
    a.chain.behave({.fails = "state_getKeysPaged"});
    a.move({make_call(make_value(a.record, {5, 4}))});
    CHECK(a.announced().size() == 1);
    CHECK(a.chain.connections() == 1);
}

TEST_CASE("a motion is read by the runtime of its block") {
    Assembly a;
    const Record after{.fields = {"gateway", "relay", "server"}, .committee = "TechnicalCommittee"};
    a.chain.upgrade_runtime(after);
    CHECK(a.announced().empty());
    a.record = after;
    a.move({make_call(make_value(after, {4, 6, 3}))});
    a.chain.finalise(make_value(after, {4, 5, 3}));
    REQUIRE(a.node.poll() == CMW_OK);
    REQUIRE(a.node.verdict->announced.size() == 1);
    CHECK(a.node.verdict->announced[0].target == "relay");
}

TEST_CASE("the committee's mandate and the lag of finality are shown, where they are known") {
    FakeChain chain;
    chain.store(storage_key("XXCmix", "AdminPermission"), ScaleWriter().u32(12).bytes);
    chain.finalise(make_value({}, {3, 4}));
    chain.propose(make_value({}, {3, 4}));
    Follower f(chain.url());
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->facts.at("block") == "2");
    CHECK(f.verdict->facts.at("admin_permission") == "block 12 (10 blocks left)");
    CHECK(f.verdict->facts.at("best_block") == "3");
    CHECK(f.verdict->facts.at("finality_lag") == "1");
    chain.store(storage_key("XXCmix", "AdminPermission"), ScaleWriter().u32(2).bytes);
    chain.finalise(make_value({}, {3, 4}));
    REQUIRE(f.poll() == CMW_OK);
    CHECK(f.verdict->facts.at("admin_permission") == "block 2 (over)");
    chain.store(storage_key("XXCmix", "AdminPermission"), Blob{1});
    chain.finalise(make_value({}, {3, 4}));
    REQUIRE(f.poll() == CMW_OK);
    CHECK_FALSE(f.verdict->facts.contains("admin_permission"));
}
