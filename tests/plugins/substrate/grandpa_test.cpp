// SPDX-License-Identifier: Apache-2.0
//
// Finality: real justifications of a public network, and all that must not pass for one.
#include "consensus-source/substrate/grandpa.hpp"

#include "fakes/chain/fake_authorities.hpp"
#include "vectors.hpp"

#include <cmw/error.hpp>

#include <doctest/doctest.h>

using namespace cmw::substrate;
using cmw::fakes::FakeAuthorities;
using cmw::fakes::Vote;
using cmw::test::Vectors;
using Blob = std::vector<std::uint8_t>;

namespace {

/// What the first of two recorded blocks says.
struct Recorded {
    Vectors vectors{"bifrost-justifications.txt"};
    Blob raw =
        encode_header(vectors.hash("parent"), vectors.number("number"), vectors.hash("state-root"),
                      vectors.hash("extrinsics-root"), vectors.all("log"));
    Header header = decode_header(raw);
    /// The set that the block announces is the one that was there, with the next number.
    AuthoritySet before{vectors.number("set-before"), header.change->next};
    AuthoritySet after{vectors.number("set-before") + 1, header.change->next};
};

std::string refusal(const Blob& justification, const AuthoritySet& set) {
    try {
        check_justification(justification, set);
        return "";
    } catch (const cmw::Error& e) {
        CHECK(e.status() == CMW_INVALID);
        return e.what();
    }
}

} // namespace

TEST_CASE("a header put together has the hash of its block, and tells of the next authorities") {
    const Recorded recorded;
    CHECK(recorded.header.hash == recorded.vectors.hash("hash"));
    CHECK(recorded.header.number == recorded.vectors.number("number"));
    CHECK(recorded.header.state_root == recorded.vectors.hash("state-root"));
    REQUIRE(recorded.header.change);
    CHECK(recorded.header.change->next.size() == 19);
    CHECK(recorded.header.change->next[0].weight == 1);
    CHECK(recorded.header.change->delay == 0);
    CHECK(!recorded.header.change->forced);
}

TEST_CASE("real justifications hold for the set that signed them, and for no other") {
    const Recorded recorded;
    const auto& vectors = recorded.vectors;
    const auto first = check_justification(vectors.blob("justification"), recorded.before);
    CHECK(first.hash == vectors.hash("hash"));
    CHECK(first.number == vectors.number("number"));
    const auto next = check_justification(vectors.blob("next-justification"), recorded.after);
    CHECK(next.hash == vectors.hash("next-hash"));
    CHECK(next.number == vectors.number("next-number"));
    // The keys are the same in both sets: the number alone tells them apart.
    CHECK(refusal(vectors.blob("justification"), recorded.after) ==
          "cannot believe that block 39007800 is final: of authority set 130025, a weight of 0 of "
          "19 signed, and it takes 13");
    CHECK(refusal(vectors.blob("next-justification"), recorded.before).find("a weight of 0") !=
          std::string::npos);
}

TEST_CASE("a justification of another chain, where all that voted are known") {
    const Vectors vectors("smoldot-justification.txt");
    AuthoritySet set{0, {}};
    for (const auto& voter : vectors.all("voter")) {
        set.authorities.push_back({{}, 1});
        std::ranges::copy(voter, set.authorities.back().key.begin());
    }
    const auto justification = vectors.blob("justification");
    const auto found = check_justification(justification, set);
    CHECK(found.hash == vectors.hash("hash"));
    CHECK(found.number == vectors.number("number"));
    // Two more who did not vote are as many as may be faulty of seven; three are too many.
    const cmw::fakes::FakeAuthorities others(3);
    for (const auto& other : others.set(0, 2).authorities) set.authorities.push_back(other);
    CHECK(refusal(justification, set).empty());
    set.authorities.push_back(others.set(0, 1, 2).authorities[0]);
    CHECK(!refusal(justification, set).empty());
    set.authorities.resize(5);
    set.id = 1;
    CHECK(!refusal(justification, set).empty());
}

TEST_CASE("no byte of a real justification can be changed") {
    // Thirteen of nineteen signed, which is just enough: each vote is needed.
    const Recorded recorded;
    const auto justification = recorded.vectors.blob("justification");
    auto tampered = justification;
    std::size_t accepted = 0;
    for (std::size_t at = 0; at < justification.size(); ++at) {
        tampered[at] ^= 0x01;
        if (refusal(tampered, recorded.before).empty()) ++accepted;
        tampered[at] = justification[at];
    }
    CHECK(accepted == 0);
    CHECK(!refusal({}, recorded.before).empty());
    tampered.push_back(0);
    CHECK(!refusal(tampered, recorded.before).empty());
    CHECK(!refusal(justification, {recorded.before.id, {}}).empty());
}

TEST_CASE("more than two thirds of the weight are needed, whatever the number of authorities") {
    const FakeAuthorities all(31);
    const Hash block = blake2b_256(Blob{1});
    for (unsigned count = 1; count <= all.count(); ++count) {
        CAPTURE(count);
        const auto set = all.set(5, count);
        const unsigned needed = count - (count - 1) / 3; // f = (n - 1) / 3 may be faulty.
        const auto votes = [&](unsigned signers) {
            std::vector<Vote> made;
            for (unsigned i = 0; i < signers; ++i) made.push_back({i, block, 9});
            return all.justification(block, 9, 3, set.id, made);
        };
        CHECK(check_justification(votes(needed), set).hash == block);
        CHECK(!refusal(votes(needed - 1), set).empty());
    }
}

TEST_CASE("weights count, not heads") {
    const FakeAuthorities all(4);
    const Hash block = blake2b_256(Blob{1});
    auto set = all.set(0, 4);
    set.authorities[0].weight = 100;
    const auto alone = all.justification(block, 9, 3, 0, {{0, block, 9}});
    CHECK(check_justification(alone, set).number == 9);
    CHECK(!refusal(all.justification(block, 9, 3, 0, {{1, block, 9}, {2, block, 9}, {3, block, 9}}),
                   set)
               .empty());
    set.authorities[1].weight = ~std::uint64_t{0};
    CHECK(refusal(alone, set) == "cannot use the authority set: its weights overflow");
}

TEST_CASE("votes that do not count") {
    const FakeAuthorities all(6);
    const auto set = all.set(2, 4); // Three of four are needed; 4 and 5 are strangers.
    const Hash block = blake2b_256(Blob{1});
    const Hash other = blake2b_256(Blob{2});
    const auto refuses = [&](const std::vector<Vote>& votes) {
        return !refusal(all.justification(block, 9, 3, set.id, votes), set).empty();
    };
    const Vote first{0, block, 9};
    const Vote second{1, block, 9};
    CHECK(!refuses({first, second, {2, block, 9}}));
    CHECK(refuses({first, second}));
    CHECK(refuses({first, second, second}));              // The same vote twice.
    CHECK(refuses({first, second, {1, other, 9}}));       // Two votes of one.
    CHECK(refuses({first, second, {4, block, 9}}));       // A stranger.
    CHECK(refuses({first, second, {2, other, 9}}));       // For another block.
    CHECK(refuses({first, second, {2, block, 10}}));      // For a number that is not its own.
    CHECK(refuses({first, second, {2, block, 9, 1}}));    // Signed for another round.
    CHECK(refuses({first, second, {2, block, 9, 0, 1}})); // Signed for another set.
    CHECK(refuses({}));
    // They do not spoil those that do.
    CHECK(!refuses({{4, block, 9}, first, {1, other, 9}, second, second, {2, block, 9}}));
    // But there is an end to how many are looked at.
    CHECK(refuses(std::vector<Vote>(9, first)));
}

TEST_CASE("a vote for a block counts for those before it, where the headers between are shown") {
    const FakeAuthorities all(4);
    const auto set = all.set(2, 4);
    const Hash block = blake2b_256(Blob{1});
    const Hash root{};
    const auto child = encode_header(block, 10, root, root, {});
    const auto grandchild = encode_header(decode_header(child).hash, 11, root, root, {});
    const auto fork = encode_header(blake2b_256(Blob{2}), 10, root, root, {});
    const Hash far = decode_header(grandchild).hash;
    const std::vector<Vote> votes{{0, block, 9}, {1, far, 11}, {2, far, 11}};
    const auto refuses = [&](const std::vector<Vote>& made, const std::vector<Blob>& headers) {
        return !refusal(all.justification(block, 9, 3, set.id, made, headers), set).empty();
    };
    CHECK(!refuses(votes, {child, grandchild}));
    CHECK(!refuses(votes, {grandchild, fork, child}));
    CHECK(refuses(votes, {}));
    CHECK(refuses(votes, {grandchild}));
    CHECK(refuses(votes, {child, fork}));
    CHECK(refuses({{0, block, 9}, {1, block, 9}, {2, decode_header(fork).hash, 10}}, {fork}));
    CHECK(refuses({{0, block, 9}, {1, far, 11}, {2, far, 12}}, {child, grandchild}));
}

TEST_CASE("digests with every kind of item are read, and others refused") {
    const Hash zero{};
    const auto with = [&](const std::string& hex) {
        return encode_header(zero, 1u << 30, zero, zero, {cmw::shared::from_hex(hex).value()});
    };
    CHECK(decode_header(with("08")).number == 1u << 30);
    CHECK(!decode_header(with("000401")).change);
    CHECK(!decode_header(with("02" + std::string(64, '1'))).change);
    CHECK(!decode_header(with("0442414245"
                              "0401"))
               .change); // BABE's, not GRANDPA's.
    CHECK(!decode_header(with("0446524e4b"
                              "14"
                              "0400000000"))
               .change); // A pause.
    const auto forced = decode_header(with("0446524e4b"
                                           "28"
                                           "0207000000"
                                           "00"
                                           "03000000"));
    REQUIRE(forced.change);
    CHECK(forced.change->forced);
    CHECK(forced.change->delay == 3);
    CHECK(forced.change->next.empty());
    for (const char* bad : {"01", "0442",
                            "0446524e4b"
                            "04"
                            "01",
                            "0446524e4b"
                            "1c"
                            "01ff0000000000"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(decode_header(with(bad)), cmw::Error);
    }
    auto longer = with("08");
    longer.push_back(0);
    CHECK_THROWS_AS(decode_header(longer), cmw::Error);
}
