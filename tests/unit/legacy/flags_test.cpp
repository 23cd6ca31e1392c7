// SPDX-License-Identifier: Apache-2.0
#include "legacy/flags.hpp"

#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::legacy;

namespace {

using Words = std::vector<std::string>;

/// With what every command line has.
Words whole(Words words) {
    words.insert(words.end(), {"--binary-path", "/b", "--config-path", "/c"});
    return words;
}

Flags good(const Words& words) {
    auto flags = parse_flags(words);
    if (!flags) FAIL(base::to_string(flags.error().front()));
    return *flags;
}

std::vector<std::string> bad(const Words& words) {
    const auto flags = parse_flags(words);
    std::vector<std::string> problems;
    if (!flags)
        for (const auto& problem : flags.error()) problems.push_back(base::to_string(problem));
    return problems;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE(
    "every flag is read, with a value behind it or after an equals sign; the last one counts") {
    for (const auto& flag : flags()) {
        const std::string name(flag.name);
        CAPTURE(name);
        if (flag.kind == FlagKind::toggle) {
            CHECK_FALSE(good(whole({})).on(name));
            CHECK(good(whole({name})).on(name));
            CHECK(good(whole({name, name})).on(name));
            CHECK(has(bad(whole({name + "=yes"})).at(0), name + ": cannot take a value"));
            continue;
        }
        Words words{"--binary-path", "/b", "--config-path", "/c", name, "/first"};
        CHECK(good(words).value(name) == "/first");
        words.push_back(name + "=/second=2");
        CHECK(good(words).value(name) == "/second=2");
        CHECK(good(words).given(name));
        words.push_back(name);
        CHECK(has(bad(words).at(0), name + ": cannot find its value"));
        words.back() = name + "=";
        CHECK(has(bad(words).at(0), name + ": cannot use an empty value"));
    }
}

TEST_CASE("what is not given has the old wrapper's default") {
    const auto flags = good(whole({}));
    CHECK(flags.value("--s3-bin-bucket") == "elixxir-bins");
    CHECK(flags.value("--s3-management-bucket") == "elixxir-management-mainnet");
    CHECK(flags.value("--consensus-url") == "ws://localhost:63007");
    CHECK(flags.value("--hash-path").empty());
    CHECK_FALSE(flags.given("--s3-region"));
}

TEST_CASE("a flag may be shortened to what fits it alone") {
    CHECK(good(whole({"--gpu-l", "/l"})).value("--gpu-lib") == "/l");
    CHECK(good(whole({"--has=/h"})).value("--hash-path") == "/h");
    CHECK(good(whole({"--gat"})).on("--gateway"));
    CHECK(good(whole({"--consensus-u", "ws://x"})).value("--consensus-url") == "ws://x");
    const auto both = bad(whole({"--gpu", "/l"}));
    REQUIRE(both.size() == 1);
    CHECK(has(both[0],
              "--gpu: cannot tell which flag is meant; write it in full: --gpu-lib, --gpu-bin"));
}

TEST_CASE("flaw 23: a misspelt flag is an error that names the one that was meant") {
    struct Case {
        Words words;
        std::string flag;
        std::string meant;
    };
    for (const auto& [words, flag, meant] :
         {Case{{"--cmd-path", "/x"}, "--cmd-path", ""},
          Case{{"--log-pth", "/x"}, "--log-pth", "--log-path"},
          Case{{"--disable-cloudwach"}, "--disable-cloudwach", "--disable-cloudwatch"},
          Case{{"-gateway"}, "-gateway", "--gateway"},
          Case{{"--Gateway"}, "--Gateway", "--gateway"},
          Case{{"--wrapper-log=/x", "--s3-acess-key=hidden"}, "--s3-acess-key", "--s3-access-key"},
          Case{{"--"}, "--", ""}}) {
        CAPTURE(flag);
        const auto problems = bad(whole(words));
        REQUIRE(problems.size() == 1);
        CHECK(has(problems[0], flag + ": cannot understand this flag"));
        if (!meant.empty()) CHECK(has(problems[0], "did you mean " + meant + "?"));
        CHECK_FALSE(has(problems[0], "hidden"));
    }
}

TEST_CASE("all problems are told at once, and none holds a value") {
    const auto problems = bad({"--s3-secrt", "hidden", "stray", "--verbose=1", "--gpu", "hidden",
                               "--err-path", "", "--log-path", "{{ LOG }}", "--id-path=${ID}"});
    std::string all;
    for (const auto& problem : problems) all += problem + "\n";
    CAPTURE(all);
    for (const auto* part :
         {"--s3-secrt: cannot understand", "did you mean --s3-secret?", "--verbose: cannot take a",
          "--gpu: cannot tell which", "--err-path: cannot use an empty value",
          "--log-path: cannot use a placeholder", "--id-path: cannot tell the value of ${ID}",
          "--binary-path: cannot do without it", "--config-path: cannot do without it"})
        CHECK_MESSAGE(has(all, part), part);
    CHECK(problems.size() == 8);
    CHECK_FALSE(has(all, "hidden"));
    const auto word = bad(whole({"--verbose", "hidden"}));
    REQUIRE(word.size() == 1);
    CHECK(has(word[0], "cannot understand a word that belongs to no flag; it is word 2"));
    CHECK_FALSE(has(word[0], "hidden"));
}

TEST_CASE("a value may begin with a dash only where argparse takes it for one") {
    CHECK(good(whole({"--s3-region", "-5"})).value("--s3-region") == "-5");
    CHECK(good(whole({"--s3-region", "-"})).value("--s3-region") == "-");
    CHECK(good(whole({"--s3-region", "-a b"})).value("--s3-region") == "-a b");
    CHECK(good(whole({"--s3-secret=-x"})).value("--s3-secret") == "-x");
    CHECK(has(bad(whole({"--s3-secret", "-x"})).at(0), "--s3-secret: cannot find its value"));
}

TEST_CASE("placeholders and variables are known for what they are") {
    CHECK(good(whole({"--s3-secret", "{{", "SECRET", "}}"})).value("--s3-secret") ==
          "{{ SECRET }}");
    CHECK(good(whole({"--s3-secret", "{{SECRET}}"})).value("--s3-secret") == "{{SECRET}}");
    CHECK(is_placeholder("{{ SECRET }}"));
    CHECK_FALSE(is_placeholder("SECRET"));
    CHECK(variable_of("${A_B}") == "A_B");
    CHECK(variable_of("${A}${B}").empty());
    CHECK(variable_of("$A").empty());
}

TEST_CASE("the program and its interpreter are left out") {
    const Words expected{"--gateway"};
    CHECK(without_program({"/opt/xxnetwork/gateway-wrapper.py", "--gateway"}) == expected);
    CHECK(without_program({"/usr/bin/python3", "-u", "/opt/w.py", "--gateway"}) == expected);
    CHECK(without_program({"/usr/local/bin/wrapper", "--gateway"}) == expected);
    CHECK(without_program({"--gateway"}) == expected);
    CHECK(without_program({}).empty());
    CHECK(without_program({"/opt/w.py", "stray", "--gateway"}) == Words{"stray", "--gateway"});
}
