// SPDX-License-Identifier: Apache-2.0
// When an upgrade is due, in tables.
#include "consensus-source/cosmos/rules.hpp"

#include <doctest/doctest.h>

using namespace cmw::cosmos;

namespace {

const Plan v2{"v2", 100, "v2's info"};
const Binary first{"sha-256", std::vector<std::uint8_t>(32, 1), {}};
constexpr std::uint64_t silent = 0; ///< The node does not answer.

struct Row {
    const char* what;
    std::uint64_t height;        ///< Of the node, or `silent`.
    std::optional<Noted::As> as; ///< As what the file was noted before, with stamp "1".
    const char* stamp;           ///< The file's now.
    bool planned;                ///< The chain was seen to plan it.
    std::optional<std::uint64_t> applied;
    bool due;
};

Record noted(std::optional<Noted::As> as, bool planned) {
    Record record;
    record.base = "sha-256:1";
    record.approved = first;
    if (as) record.noted = {v2, "1", *as};
    if (planned) record.planned = v2;
    return record;
}

Sight seen(std::uint64_t height, const char* stamp = "1") {
    Sight sight;
    sight.file = v2;
    sight.stamp = stamp;
    sight.asked = true;
    if (height != silent) sight.height = height;
    return sight;
}

} // namespace

TEST_CASE("a file counts when the node halted for it, and never before") {
    using As = Noted::As;
    const std::optional<As> fresh;
    for (const Row& row : {
             // The node answers.
             Row{"far below", 5, fresh, "1", true, {}, false},
             Row{"two below", 98, fresh, "1", true, {}, false},
             Row{"at the block before", 99, fresh, "1", true, {}, true},
             Row{"the block is kept, not executed", 100, fresh, "1", false, {}, true},
             Row{"at the height, written ahead", 99, As::Early, "1", true, {}, false},
             Row{"at the height, written again", 99, As::Early, "2", true, {}, true},
             Row{"written again below it", 98, As::Early, "2", true, {}, false},
             Row{"it had not answered before", 99, As::Silent, "1", false, {}, true},
             Row{"older than the digest given", 99, As::Older, "1", true, {}, false},
             Row{"the same, written again", 99, As::Older, "2", true, {}, true},
             Row{"passed, and made", 101, fresh, "1", false, 100, true},
             Row{"passed, written ahead, and made", 500, As::Early, "1", false, 100, true},
             Row{"passed, and skipped", 101, fresh, "1", false, 0, false},
             Row{"passed, made at another height", 101, fresh, "1", false, 50, false},
             Row{"passed, and not known", 101, fresh, "1", false, {}, false},
             // It does not.
             Row{"nothing known", silent, fresh, "1", false, {}, false},
             Row{"still nothing known", silent, As::Silent, "1", false, {}, false},
             Row{"written again", silent, As::Silent, "2", false, {}, true},
             Row{"planned by the chain", silent, fresh, "1", true, {}, true},
             Row{"planned, but written ahead", silent, As::Early, "1", true, {}, false},
             Row{"planned, written ahead, and again", silent, As::Early, "2", true, {}, true},
             Row{"older than the digest given", silent, As::Older, "1", true, {}, false},
             Row{"the same, written again", silent, As::Older, "2", false, {}, true},
         }) {
        CAPTURE(row.what);
        CAPTURE(row.height);
        auto sight = seen(row.height, row.stamp);
        sight.applied = row.applied;
        const auto ruling = judge(noted(row.as, row.planned), sight);
        CHECK(ruling.record.due.has_value() == row.due);
        // Asked again at once, nothing changes.
        CHECK(judge(ruling.record, sight).record == ruling.record);
    }
}

TEST_CASE("without an RPC each new file counts, but none that is older than the digest given") {
    auto sight = seen(silent);
    sight.asked = false;
    CHECK(judge(noted({}, false), sight).record.due == v2);
    CHECK(judge(noted(Noted::As::Silent, false), sight).record.due == v2);
    const auto older = judge(noted(Noted::As::Older, false), sight);
    CHECK_FALSE(older.record.due);
    CHECK(older.problem.find("older than the 'digest' given") != std::string::npos);
}

TEST_CASE(
    "cosmos-sdk #22167: a file that was written ahead is not followed when the node restarts") {
    auto record = judge(noted({}, true), seen(50)).record;
    CHECK(record.noted->as == Noted::As::Early);
    for (int restarts = 0; restarts < 3; ++restarts) {
        record = judge(record, seen(silent)).record;
        CHECK_FALSE(record.due);
        record = judge(record, seen(60)).record;
        CHECK_FALSE(record.due);
    }
    record = judge(record, seen(99)).record; // It is there, but has not halted yet.
    CHECK_FALSE(record.due);
    CHECK(judge(record, seen(99, "2")).record.due == v2);
}

TEST_CASE("cosmos-sdk #22731: a node that halts before its RPC is up is not left behind") {
    // Nothing was known of it before; each start at the height writes the file again.
    auto record = judge(noted({}, false), seen(silent, "1")).record;
    CHECK_FALSE(record.due);
    record = judge(record, seen(silent, "1")).record;
    CHECK_FALSE(record.due);
    CHECK(judge(record, seen(silent, "2")).record.due == v2);
}

TEST_CASE("cosmos-sdk #20464: a file that comes while the node cannot say where it is counts by "
          "the plan") {
    CHECK(judge(noted({}, true), seen(silent)).record.due == v2);
    auto other = noted({}, true);
    other.planned->height = 101;
    CHECK_FALSE(judge(other, seen(silent)).record.due);
    other.planned = Plan{"v3", 100, ""};
    CHECK_FALSE(judge(other, seen(silent)).record.due);
}

TEST_CASE("cosmos-sdk #10428: what the file leaves out is taken from the chain's plan") {
    auto sight = seen(99);
    sight.file->info.clear();
    CHECK(judge(noted({}, true), sight).record.due == v2);
    CHECK(judge(noted({}, false), sight).record.due->info.empty());
}

TEST_CASE("a plan that is cancelled is forgotten, and one that is not known stays") {
    Sight sight;
    sight.asked = true;
    CHECK(judge(noted({}, true), sight).record.planned == v2);
    sight.height = 50;
    sight.plan_known = true;
    CHECK_FALSE(judge(noted({}, true), sight).record.planned);
    sight.plan = v2;
    CHECK(judge(noted({}, false), sight).record.planned == v2);
}

TEST_CASE("a node that is at the height and wrote no file leads to no upgrade") {
    Sight sight;
    sight.asked = true;
    for (const auto height : {99U, 100U, 101U, 5000U}) {
        sight.height = height;
        CHECK_FALSE(judge(noted({}, true), sight).record.due);
    }
    sight.height.reset();
    CHECK_FALSE(judge(noted({}, true), sight).record.due);
}

TEST_CASE("an upgrade that was made is history, and so is what lies below it") {
    auto record = judge(noted({}, true), seen(99)).record;
    REQUIRE(record.due);
    const Binary second{"sha-256", std::vector<std::uint8_t>(32, 2), {"https://x"}};
    record = take_due(record, second, "");
    CHECK(record.approved == second);
    CHECK(record.upgrade == "v2");
    CHECK(record.height == 100);
    CHECK_FALSE(record.planned);
    CHECK(judge(record, seen(99, "2")).record == record); // Written once more meanwhile.
    CHECK(judge(record, seen(silent, "3")).record == record);
    CHECK(judge(record, seen(500)).record == record);
    auto halted = seen(99);
    halted.plan_known = true;
    halted.plan = v2;
    CHECK(judge(record, halted).record == record);
    auto lower = seen(500);
    lower.file = Plan{"v1", 40, ""};
    CHECK(judge(record, lower).record == record);
    // A node that is far below it again was reset: an operator has to say what it is to run.
    const auto reset = judge(record, seen(3));
    CHECK(reset.record == record);
    CHECK(reset.problem.find("remove the record") != std::string::npos);
}

TEST_CASE("an upgrade without a binary approves nothing, and not the program before it either") {
    auto record = judge(noted({}, true), seen(99)).record;
    record = take_due(record, std::nullopt, "it names no checksum");
    CHECK_FALSE(record.approved);
    CHECK(record.missing == "it names no checksum");
    CHECK(record.height == 100);
}

TEST_CASE("the digest that the operator gives begins anew, once") {
    Sight sight = seen(silent);
    const auto record = begin(std::nullopt, "sha-256:1", first, sight);
    CHECK(record.approved == first);
    CHECK(record.noted->as == Noted::As::Older);
    auto later = take_due(judge(record, seen(99, "2")).record, Binary{}, "");
    CHECK(begin(later, "sha-256:1", first, sight) == later); // It is still in the configuration.
    CHECK(begin(later, "", {}, sight) == later);             // It was taken out.
    const auto anew = begin(later, "sha-256:2", first, sight);
    CHECK(anew.approved == first);
    CHECK(anew.height == 0);
    CHECK(begin(std::nullopt, "", {}, sight) == Record{});
}

TEST_CASE(
    "a node beyond the upgrade of a file that is older than the digest has made it with that") {
    const auto record = begin(std::nullopt, "sha-256:1", first, seen(silent));
    CHECK(must_ask_applied(record, seen(500)));
    const auto passed = judge(record, seen(500)).record;
    CHECK(passed.approved == first);
    CHECK(passed.upgrade == "v2");
    CHECK(passed.height == 100);
    CHECK_FALSE(must_ask_applied(passed, seen(500)));
}

TEST_CASE("cosmos-sdk PR 23720: data that came with its upgrade-info.json is run by that upgrade") {
    auto sight = seen(500);
    sight.applied = 100;
    CHECK(judge(begin(std::nullopt, "", {}, sight), sight).record.due == v2);
    auto alone = seen(silent);
    alone.asked = false;
    CHECK(judge(begin(std::nullopt, "", {}, alone), alone).record.due == v2);
}
