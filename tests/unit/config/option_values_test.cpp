// SPDX-License-Identifier: Apache-2.0
#include "config/loader.hpp"
#include "support/plugin_schemas.hpp"

using namespace cmw;
using namespace cmw::config;
using namespace std::chrono_literals;

namespace {

/// The configuration of one backend of the plugin that has every type.
Loaded read(const std::string& options) {
    const auto document =
        parse_document("[log-backend.b]\nplugin = 'every-type'\n" + options, "/etc/w/f.toml");
    REQUIRE(document);
    return read_settings(**document, test::find_schema, {});
}

const OptionValue& value_of(const Loaded& loaded, std::string_view name) {
    const auto& options = test::plugin_schemas().back().options;
    const auto at = std::ranges::find(options, name, &OptionSpec::name) - options.begin();
    return loaded.settings.instances.at(0).options.at(static_cast<std::size_t>(at));
}

template <class T>
T get(const Loaded& loaded, std::string_view name) {
    return std::get<T>(value_of(loaded, name).value);
}

} // namespace

TEST_CASE("options have their fallbacks") {
    const auto loaded = read("");
    REQUIRE(loaded.problems.empty());
    CHECK(get<std::int64_t>(loaded, "flag") == 1);
    CHECK(get<std::int64_t>(loaded, "count") == 3);
    CHECK(get<double>(loaded, "ratio") == 0.5);
    CHECK(get<std::string>(loaded, "text") == "some");
    CHECK(get<OptionList>(loaded, "items") == OptionList{"a", "b"});
    CHECK(get<OptionMap>(loaded, "labels") == OptionMap{{"a", "x"}});
    CHECK(get<std::int64_t>(loaded, "pause") == 30'000'000'000);
    CHECK(get<std::int64_t>(loaded, "tls.size") == 65536);
    CHECK(get<std::string>(loaded, "tls.ca") == "/etc/w/ca.pem");
    CHECK(std::holds_alternative<std::monostate>(value_of(loaded, "token").value));
    CHECK(value_of(loaded, "token").type == OptionType::secret);
    CHECK(value_of(loaded, "text").position == Position{});
}

TEST_CASE("options are read by their types") {
    const auto loaded = read("flag = false\ncount = 9\nratio = 1\ntext = 'x'\ncolour = 'green'\n"
                             "items = []\nlabels = { z = '1', y = '2' }\npause = '1h'\n"
                             "token = 'hush'\n[log-backend.b.tls]\nsize = '2GiB'\nca = '../c'\n");
    REQUIRE(loaded.problems.empty());
    CHECK(get<std::int64_t>(loaded, "flag") == 0);
    CHECK(get<std::int64_t>(loaded, "count") == 9);
    CHECK(get<double>(loaded, "ratio") == 1.0);
    CHECK(get<std::string>(loaded, "text") == "x");
    CHECK(get<std::string>(loaded, "colour") == "green");
    CHECK(get<OptionList>(loaded, "items").empty());
    CHECK(get<OptionMap>(loaded, "labels") == OptionMap{{"z", "1"}, {"y", "2"}});
    CHECK(get<std::int64_t>(loaded, "pause") == 3'600'000'000'000);
    CHECK(get<std::int64_t>(loaded, "tls.size") == std::int64_t{2} << 30);
    CHECK(get<std::string>(loaded, "tls.ca") == "/etc/c");
    CHECK(value_of(loaded, "token").secret);
    CHECK_FALSE(value_of(loaded, "text").secret);
    CHECK(value_of(loaded, "text").position == Position{"/etc/w/f.toml", 6, 8});
}

TEST_CASE("each wrong option is one problem, at its place, and its fallback stands in") {
    struct Row {
        std::string line;
        std::string column;
        std::string what;
    };
    const std::vector<Row> table{
        {"flag = 1", "8", "cannot use an integer for 'flag': a boolean is expected"},
        {"count = '3'", "9", "cannot use a string for 'count': an integer is expected"},
        {"count = 3.0", "9", "cannot use a number for 'count': an integer is expected"},
        {"count = 0", "9", "cannot use this value for 'count': it is out of range"},
        {"count = 10", "9", "cannot use this value for 'count': it is out of range"},
        {"ratio = 1.5", "9", "cannot use this value for 'ratio': it is out of range"},
        {"ratio = inf", "9", "cannot use a number for 'ratio': a number is expected"},
        {"ratio = nan", "9", "cannot use a number for 'ratio': a number is expected"},
        {"text = 5", "8", "cannot use an integer for 'text': a string is expected"},
        {"text = 1979-05-27", "8", "cannot use a date for 'text': a string is expected"},
        {"text = { env = 'A', file = 'B' }", "8",
         "cannot use a table for 'text': a string is expected"},
        {"text = \"a\\u0000b\"", "8", "cannot use this text for 'text': it holds a NUL byte"},
        {"colour = 'rde'", "10", "cannot use \"rde\" for 'colour': it is not among the choices"},
        {"items = 'a'", "9", "cannot use a string for 'items': a list is expected"},
        {"items = ['a', 5]", "15", "cannot use an integer in 'items': a string is expected"},
        {"labels = ['a']", "10", "cannot use a list for 'labels': a map is expected"},
        {"labels = { a = 5 }", "16", "cannot use an integer in 'labels': a string is expected"},
        {"labels = { \"a\\u0000\" = '5' }", "12",
         "cannot use this text for 'labels': it holds a NUL byte"},
        {"pause = 30", "9", "cannot use an integer for 'pause': a duration is expected"},
        {"pause = '30'", "9", "cannot use \"30\" for 'pause': it is not a duration with a unit"},
        {"pause = '64KiB'", "9",
         "cannot use \"64KiB\" for 'pause': it is not a duration with a unit"},
        {"pause = '2h'", "9", "cannot use this value for 'pause': it is out of range"},
        {"tls.size = '5s'", "12", "cannot use \"5s\" for 'tls.size': it is not a size with a unit"},
        {"tls.ca = ''", "10", "cannot use an empty path for 'tls.ca'"},
        {"tls.cs = ''", "5", "cannot use the key 'cs': it is not known"},
        {"tls = 'x'", "7", "cannot use a string for 'tls': a table is expected"},
        {"'tls.ca' = 'x'", "1", "cannot use the key 'tls.ca': it is not known"},
        {"token = 5", "9", "cannot use an integer for 'token': a secret is expected"},
    };
    for (const auto& row : table) {
        CAPTURE(row.line);
        const auto loaded = read(row.line);
        REQUIRE(loaded.problems.size() == 1);
        CHECK(loaded.problems[0].where == "/etc/w/f.toml:3:" + row.column);
        CHECK(loaded.problems[0].what == row.what);
        CHECK_FALSE(loaded.problems[0].fix.empty());
        CHECK(get<std::int64_t>(loaded, "count") == 3);
    }
}

TEST_CASE("fixes name what was probably meant") {
    CHECK(read("txt = ''").problems.at(0).fix == "did you mean 'text'?");
    CHECK(read("tls.cs = ''").problems.at(0).fix == "did you mean 'ca'?");
    CHECK(read("colour = 'rde'").problems.at(0).fix == "did you mean \"red\"?");
    CHECK(read("colour = 'violet'").problems.at(0).fix == "write one of \"red\", \"green\"");
    CHECK(read("count = 0").problems.at(0).fix == "write at least 1 and at most 9");
    CHECK(read("zzzzzz = 1").problems.at(0).fix.starts_with("known here: plugin, sha256"));
}

TEST_CASE("deprecated options are warnings") {
    const auto loaded = read("old = 'x'");
    CHECK(loaded.problems.empty());
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(to_string(loaded.warnings[0]) ==
          "/etc/w/f.toml:3:1: the key 'old' is deprecated; use 'text'");
}

TEST_CASE("a default that the plugin declares wrongly is a problem of its table") {
    const PluginSchema schema{"log-backend",
                              "odd",
                              {{.name = "x", .type = OptionType::duration, .fallback = "soon"}},
                              {}};
    const auto document = parse_document("[log-backend.b]\nplugin = 'odd'\n", "f");
    const auto loaded = read_settings(
        **document, [&](const auto&, const auto&, const auto&) { return &schema; }, {});
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].where == "f:1:1");
    CHECK(loaded.problems[0].what == "cannot use the default of 'x': the plugin declares \"soon\"");
}
