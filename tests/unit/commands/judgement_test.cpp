// SPDX-License-Identifier: Apache-2.0
//
// Attacks on the orders of a network, after the list of the conformance suite of The Update
// Framework: each is refused, and says why in its own words.
#include "commands/judgement.hpp"
#include "unit/commands/issuer.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace cmw;
using namespace cmw::commands;
using namespace std::chrono_literals;

namespace {

const auto now = base::unix_now();
const auto seconds_now =
    std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();

std::string set_at(std::int64_t seconds, const std::string& more = "") {
    return fmt::format(
        R"({{"timestamp": {}, "commands": [{{"command": "stop", "target": "binary"}}]{}}})",
        seconds_now + seconds, more);
}

/// What is known after `line` was taken, with a sequence or without.
Standing after(const std::string& line) {
    const auto set = parse_command_set(line).value();
    return {set.timestamp, set.sequence, {digest_of_line(line)}};
}

} // namespace

TEST_CASE("judgement: a set is news once") {
    const test::Issuer network;
    const auto certificate = network.certificate();
    const auto file = network.file(set_at(-5));
    const auto judged = judge(file, certificate, {}, {}, now);
    REQUIRE_MESSAGE(judged.kind == Judgement::Kind::news, judged.why);
    CHECK(judged.line == set_at(-5));
    CHECK(judged.set == parse_command_set(set_at(-5)).value());
    const auto standing = after(judged.line);
    CHECK(judge(file, certificate, {}, standing, now).kind == Judgement::Kind::known);
    CHECK(judge("\n" + file + "\n", certificate, {}, standing, now).kind == Judgement::Kind::known);
    CHECK(judge(network.file(set_at(-4)), certificate, {}, standing, now).kind ==
          Judgement::Kind::news);
    const auto within = network.file(set_at(590)); // A clock that is ahead.
    CHECK(judge(within, certificate, {}, standing, now).kind == Judgement::Kind::news);
}

TEST_CASE("judgement: every attack is refused, each with its own reason") {
    const test::Issuer network;
    const test::Issuer stranger;
    const test::Issuer expired(
        {.key = test::KeyKind::ed25519, .names = "", .from_day = -2, .to_day = -1});
    const test::Issuer early({.key = test::KeyKind::ed25519, .names = "", .from_day = 1});
    const auto bound = [](const std::string& role, std::int64_t expires, int sequence) {
        return fmt::format(R"(, "role": "{}", "expires": {}, "sequence": {})", role,
                           seconds_now + expires, sequence);
    };
    const Standing before = after(set_at(-10));
    const Standing counted = after(set_at(-10, bound("server", 100, 7)));
    const Terms server{"server", false};
    const Terms strict{"server", true};
    const auto good = network.file(set_at(-5));
    const auto line = set_at(-5);
    const auto signature = good.substr(good.find('\n'));
    struct Row {
        const char* attack;
        std::string file;
        std::string why;
        const test::Issuer* trusted;
        Terms terms;
        Standing standing;
    };
    const Row rows[] = {
        {"replayed",
         network.file(set_at(-20)),
         "not newer than the last that was taken",
         &network,
         {},
         before},
        {"same time, other orders",
         network.file(set_at(-10, R"(, "sequence": 9)")),
         "not newer than the last that was taken",
         &network,
         {},
         before},
        {"from before the first look",
         network.file(set_at(-20)),
         "published before this host first looked",
         &network,
         {},
         {static_cast<double>(seconds_now - 10), {}, {}}},
        {"sequence taken back", network.file(set_at(-5, bound("server", 100, 7))),
         "its sequence 7 is not over 7", &network, server, counted},
        {"sequence left out", good, "it has no \"sequence\"", &network, server, counted},
        {"of another role", network.file(set_at(-5, bound("gateway", 100, 8))),
         "for the role \"gateway\", and not \"server\"", &network, server, counted},
        {"role that nobody has here",
         network.file(set_at(-5, bound("server", 100, 8))),
         "no `role` is set here",
         &network,
         {},
         before},
        {"expired", network.file(set_at(-5, bound("server", -1, 8))), "it has expired", &network,
         server, counted},
        {"historic where the modern form is asked for", good, "not all of \"role\"", &network,
         strict, before},
        {"from the future", network.file(set_at(3600)), "lies in the future", &network, {}, before},
        {"of a stranger",
         stranger.file(line),
         "the signature is not that of",
         &network,
         {},
         before},
        {"unsigned",
         line + "\n{\"signature\": \"AAAA\"}",
         "the signature is not that of",
         &network,
         {},
         before},
        {"no signature", line, "no second line", &network, {}, before},
        {"bytes changed",
         set_at(-4) + signature,
         "the signature is not that of",
         &network,
         {},
         before},
        {"encoded anew",
         "{ " + line.substr(1) + signature,
         "the signature is not that of",
         &network,
         {},
         before},
        {"cut short", good.substr(10), "the signature is not that of", &network, {}, before},
        {"signature cut short",
         good.substr(0, good.size() - 6),
         "its second line",
         &network,
         {},
         before},
        {"two in one", good + good, "more than two lines", &network, {}, before},
        {"second line with more",
         line + "\n{\"signature\": \"AAAA\", \"alg\": \"none\"}",
         "its second line is not",
         &network,
         {},
         before},
        {"certificate that has ended", expired.file(line), "it ended on", &expired, {}, before},
        {"certificate that is not valid yet",
         early.file(line),
         "cannot trust the certificate before",
         &early,
         {},
         before},
        {"huge", std::string(max_command_file, ' ') + good, "too large", &network, {}, before},
        {"deep",
         network.file("{\"a\": " + std::string(500, '[') + std::string(500, ']') + "}"),
         "nests too deep",
         &network,
         {},
         before},
        {"not UTF-8", network.file("{\"a\": \"\xFF\"}"), "not UTF-8", &network, {}, before},
        {"a name twice",
         network.file(set_at(-5, R"(, "commands": [])")),
         "\"commands\" stands in it twice",
         &network,
         {},
         before},
        {"a command that is not known",
         network.file(fmt::format(R"({{"timestamp": {}, "commands": [{{"command": "exec"}}]}})",
                                  seconds_now)),
         "the command \"exec\" is not known",
         &network,
         {},
         before},
        {"nothing", "", "no second line", &network, {}, before},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.attack));
        const auto judged =
            judge(row.file, row.trusted->certificate(), row.terms, row.standing, now);
        CHECK(judged.kind == Judgement::Kind::refused);
        CHECK_MESSAGE(judged.why.find(row.why) != std::string::npos, judged.why);
        CHECK(judged.why.find("cannot ") != std::string::npos);
    }
    // What is good about the same sets when nothing is wrong with them.
    CHECK(judge(network.file(set_at(-5, bound("server", 100, 8))), network.certificate(), strict,
                counted, now)
              .kind == Judgement::Kind::news);
}
