// SPDX-License-Identifier: Apache-2.0
#include "consensus/agreement.hpp"

#include <array>

using namespace cmw::consensus;
using cmw::base::Digest;
using cmw::plugin_host::Announcement;
using cmw::plugin_host::Verdict;
using Strings = std::vector<std::string>;

namespace {

Digest digest(char c) {
    return {"blake2s-256", std::vector<std::uint8_t>(32, static_cast<std::uint8_t>(c))};
}

/// The answers of sources "a", "b", "c" ... on "server": a letter names a digest, '-' none, '?' is no
/// answer yet.
struct Sources {
    std::vector<std::optional<Verdict>> verdicts;

    explicit Sources(const std::string& named) {
        for (const char c : named) {
            auto& verdict = verdicts.emplace_back();
            if (c == '?') continue;
            verdict.emplace();
            verdict->run = true;
            if (c != '-') verdict->approved["server"] = digest(c);
        }
    }
    std::vector<Opinion> opinions() const {
        std::vector<Opinion> all;
        for (std::size_t i = 0; i < verdicts.size(); ++i)
            all.push_back({std::string(1, static_cast<char>('a' + i)),
                           verdicts[i] ? &*verdicts[i] : nullptr});
        return all;
    }
    Agreement agree(std::size_t needed) const {
        return cmw::consensus::agree(opinions(), "server", needed);
    }
};

} // namespace

TEST_CASE("what is approved, by what the sources name and how many must agree") {
    struct Case {
        const char* named;
        std::size_t needed;
        char approved; ///< '-': nothing.
        const char* sources;
        bool disagree;
    };
    for (const auto& [named, needed, approved, sources, disagree] : std::vector<Case>{
             {"X", 1, 'X', "a", false},
             {"-", 1, '-', "", false},
             {"?", 1, '-', "", false},
             // all
             {"XX", 2, 'X', "ab", false},
             {"XY", 2, '-', "", true},
             {"X-", 2, '-', "", false},
             {"X?", 2, '-', "", false},
             {"XXXX", 4, 'X', "abcd", false},
             {"XXXY", 4, '-', "", true},
             // any: the first of the list that names one
             {"XY", 1, 'X', "a", true},
             {"-Y", 1, 'Y', "b", false},
             {"?Y", 1, 'Y', "b", false},
             {"XX", 1, 'X', "ab", false},
             {"--", 1, '-', "", false},
             // K of N
             {"XXY", 2, 'X', "ab", true},
             {"YXX", 2, 'X', "bc", true},
             {"X?X", 2, 'X', "ac", false},
             {"XYZ", 2, '-', "", true},
             {"X??", 2, '-', "", false},
             {"XXYY", 2, '-', "", true}, // Two have as many: neither.
             {"XXYYY", 3, 'Y', "cde", true},
         }) {
        CAPTURE(named);
        CAPTURE(needed);
        const auto found = Sources(named).agree(needed);
        CHECK(found.approved == (approved == '-' ? std::nullopt : std::optional(digest(approved))));
        std::string who;
        for (const auto& source : found.sources) who += source;
        CHECK(who == sources);
        CHECK(found.disagree == disagree);
        // Whatever is odd is told, and nothing else.
        const bool odd = disagree || (approved == '-' && std::string(named) != "?");
        CHECK(found.notice.empty() != odd);
    }
}

TEST_CASE("flaw 12: where several sources are asked, one that lies approves nothing") {
    for (const auto* named : {"LX", "XL", "L-", "L?"})
        CHECK_FALSE(Sources(named).agree(2).approved);
    CHECK(Sources("LXX").agree(2).approved == digest('X'));
}

TEST_CASE("what is odd is told with the name of each source") {
    CHECK(Sources("XY").agree(2).notice ==
          "the sources do not agree: a names 585858585858, b names 595959595959");
    CHECK(Sources("X?-").agree(2).notice ==
          "too few sources name a digest: a names 585858585858, b has not answered yet, c names "
          "none");
}

TEST_CASE("flaw 6: an all-zero digest is no approval, and is told") {
    Sources sources("-");
    sources.verdicts[0]->facts["refused"] = "server";
    const auto found = sources.agree(1);
    CHECK_FALSE(found.approved);
    CHECK(found.notice == "the digest approved for 'server' is all zero: ignored");
    sources.verdicts[0]->facts.clear();
    CHECK(sources.agree(1).notice == "no digest is approved for 'server': ignored");
    sources.verdicts[0]->run = false; // While it syncs nothing is missing.
    CHECK(sources.agree(1).notice.empty());
}

TEST_CASE("the machine is ready when as many sources as needed say so") {
    Sources sources("SSS");
    CHECK(sources.agree(3).ready);
    sources.verdicts[1]->run = false;
    sources.verdicts[1]->reason = "still syncing";
    CHECK_FALSE(sources.agree(3).ready);
    CHECK(sources.agree(3).waiting == "still syncing");
    CHECK(sources.agree(2).ready);
    CHECK(sources.agree(2).waiting.empty());
    CHECK(Sources("?X").agree(2).waiting == "a has not answered yet");
}

TEST_CASE("the machine has left when too few sources are left that could say that it runs") {
    Sources sources("SSS");
    const auto leave = [&](std::size_t i) {
        sources.verdicts[i]->run = false;
        sources.verdicts[i]->facts["active"] = "false";
    };
    sources.verdicts[0]->run = false; // It cannot tell: still syncing.
    for (const auto needed : std::array<std::size_t, 3>{1, 2, 3})
        CHECK_FALSE(sources.agree(needed).left);
    leave(1);
    CHECK_FALSE(sources.agree(2).left);
    CHECK(sources.agree(3).left);
    leave(2);
    CHECK(sources.agree(2).left);
    CHECK_FALSE(sources.agree(1).left);
    leave(0);
    CHECK(sources.agree(1).left);
    sources.verdicts[0]->run = true; // What it says of itself weighs more.
    CHECK_FALSE(sources.agree(1).left);
}

TEST_CASE(
    "where an approval comes from and where its file is are those of the sources that count") {
    Sources sources("XXY");
    sources.verdicts[0]->height = 123;
    sources.verdicts[0]->facts["extrinsic"] = "123-2";
    sources.verdicts[0]->locations["server"] = {"https://one", "https://two"};
    sources.verdicts[1]->facts["file"] = "/etc/hashes.json";
    sources.verdicts[1]->locations["server"] = {"https://two", "https://three"};
    sources.verdicts[2]->locations["server"] = {"https://evil"};
    const auto found = sources.agree(2);
    CHECK(found.why == "a at block 123 (extrinsic 123-2), b (file /etc/hashes.json)");
    CHECK(found.locations == Strings{"https://one", "https://two", "https://three"});
}

TEST_CASE(
    "announcements of all sources are taken, each digest once, of the field alone, not many") {
    Sources sources("X?X");
    const auto announce = [](Verdict& verdict, char c, const std::string& target) {
        verdict.announced.push_back({{digest(c), target, {}}, 7, "motion"});
    };
    announce(*sources.verdicts[0], 'M', "server");
    announce(*sources.verdicts[0], 'N', "gateway");
    announce(*sources.verdicts[2], 'M', "server");
    announce(*sources.verdicts[2], 'O', "server");
    const auto all = announced(sources.opinions(), "server");
    REQUIRE(all.size() == 2);
    CHECK(all[0].artifact.digest == digest('M'));
    CHECK(all[1].artifact.digest == digest('O'));
    for (char c = 'a'; c < 'z'; ++c) announce(*sources.verdicts[0], c, "server");
    CHECK(announced(sources.opinions(), "server").size() == 8);
}
