// SPDX-License-Identifier: Apache-2.0
// Reading descriptors: texts made fit to show, options that make sense, descriptions of them.
#include "plugin_host/describe.hpp"
#include "plugin_host/descriptor.hpp"
#include "plugin_host/option_check.hpp"
#include "plugin_host/shown_text.hpp"
#include "plugin_host/trust.hpp"

#include <cmw/abi/log_backend.h>
#include <doctest/doctest.h>

using namespace cmw;
using namespace cmw::plugin_host;
using config::OptionSpec;
using config::OptionType;

TEST_SUITE_BEGIN("plugin_host");

TEST_CASE("text of a plugin becomes one line of UTF-8") {
    struct Case {
        std::string_view given;
        std::string_view shown;
    };
    using namespace std::string_view_literals;
    const Case cases[] = {
        {"", ""},
        {"plain", "plain"},
        {" a\r\n\tb \x7f", "a b"},
        {"a\0b"sv, "a b"},
        {"\x1b[31mred", "[31mred"},
        {"Z\xC3\xBCrich \xF0\x9F\x8E\xB2", "Z\xC3\xBCrich \xF0\x9F\x8E\xB2"},
        {"\xC2\x9B"
         "2J",
         "2J"},                                   // A control sequence of 8-bit terminals.
        {"\xFF", "\xEF\xBF\xBD"},                 // Never in UTF-8.
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"}, // Overlong.
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, // A surrogate.
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"cut \xE2\x82", "cut \xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.given);
        CHECK(fit_to_show(c.given) == c.shown);
    }
    CHECK(fit_to_show("abcdefgh", 8) == "abcdefgh");
    CHECK(fit_to_show("abcdefghi", 8) == "abcde\xE2\x80\xA6");
    CHECK(fit_to_show(std::string(100'000, '\xff'), 500).size() <= 500);
}

TEST_CASE("an option must make sense in itself") {
    struct Case {
        const char* fault; ///< "" if none.
        OptionSpec option;
    };
    const auto spec = [](const char* name, OptionType type, const char* fallback = nullptr,
                         const char* minimum = nullptr, const char* maximum = nullptr,
                         std::vector<std::string> choices = {}) {
        OptionSpec option;
        option.name = name;
        option.type = type;
        if (fallback != nullptr) option.fallback = fallback;
        if (minimum != nullptr) option.minimum = minimum;
        if (maximum != nullptr) option.maximum = maximum;
        option.choices = std::move(choices);
        option.help = "h";
        return option;
    };
    using T = OptionType;
    const Case cases[] = {
        {"", spec("tls.ca-file", T::path, "x")},
        {"", spec("n", T::integer, "-5", "-9223372036854775808", "9223372036854775807")},
        {"", spec("n", T::number, "0.5", "0", "1e3")},
        {"", spec("n", T::duration, "1h30m", "1s", "2h")},
        {"", spec("n", T::size, "64KiB", "1B", "1MiB")},
        {"is no size", spec("n", T::size, "64KB64")},
        {"", spec("n", T::boolean, "true")},
        {"", spec("n", T::list, R"(["a", "b"])")},
        {"", spec("n", T::list, "[]")},
        {"", spec("n", T::map, R"({ a = "b" })")},
        {"", spec("n", T::string, "red", nullptr, nullptr, {"red", "blue"})},
        {"", spec("n", T::list, R"(["red"])", nullptr, nullptr, {"red", "blue"})},
        {"", spec("n", T::secret)},
        {"name", spec("", T::string)},
        {"name", spec("Name", T::string)},
        {"name", spec("a..b", T::string)},
        {"name", spec("a_b", T::string)},
        {"fallback that is no integer", spec("n", T::integer, "5x")},
        {"fallback that is no integer", spec("n", T::integer, "9223372036854775808")},
        {"fallback that is no number", spec("n", T::number, "nan")},
        {"fallback that is no boolean", spec("n", T::boolean, "yes")},
        {"fallback that is no list", spec("n", T::list, "a, b")},
        {"fallback that is no list", spec("n", T::list, "[1]")},
        {"fallback that is no list", spec("n", T::list, R"({ a = "b" })")},
        {"fallback that is no list", spec("n", T::list, "[]\nx = 1")},
        {"fallback that is no map", spec("n", T::map, "[]")},
        {"minimum that is no duration", spec("n", T::duration, nullptr, "1")},
        {"maximum that is no size", spec("n", T::size, nullptr, nullptr, "big")},
        {"minimum above", spec("n", T::integer, nullptr, "2", "1")},
        {"outside its limits", spec("n", T::integer, "1", "2")},
        {"outside its limits", spec("n", T::duration, "3s", nullptr, "2s")},
        {"knows no order", spec("n", T::string, nullptr, "a")},
        {"not among its choices", spec("n", T::string, "green", nullptr, nullptr, {"red"})},
        {"not of strings", spec("n", T::integer, nullptr, nullptr, nullptr, {"1"})},
    };
    for (const auto& c : cases) {
        CAPTURE(c.option.name);
        CAPTURE(c.option.fallback.value_or("none"));
        const auto fault = option_fault(c.option);
        CAPTURE(fault);
        CHECK(fault.empty() == (*c.fault == '\0'));
        CHECK(fault.find(c.fault) != std::string::npos);
    }
    auto silent = spec("n", T::string);
    silent.help.clear();
    CHECK(option_fault(silent) == "has no help");
}

TEST_CASE("options must make sense together") {
    const auto named = [](std::vector<std::string> names) {
        std::vector<OptionSpec> options;
        for (auto& name : names) options.emplace_back().name = name;
        constexpr std::string_view reserved[] = {"plugin"};
        return options_fault(options, reserved);
    };
    CHECK(named({"a", "b", "tls.ca", "tls.key"}).empty());
    CHECK(named({"a", "b", "a"}) == "option \"a\" is declared twice");
    CHECK(named({"tls", "tls.ca"}) == "option \"tls\" is the table of \"tls.ca\" as well");
    CHECK(named({"tls", "tls-ca"}).empty());
    CHECK(named({"plugin"}) == "option \"plugin\" has a name that the host itself reads there");
    CHECK(named({"plugin.x"}) == "option \"plugin.x\" has a name that the host itself reads there");
}

TEST_CASE("who may write to a library or its folder decides whether it is trusted") {
    struct Case {
        mode_t mode;
        uid_t owner;
        bool trusted;
    };
    constexpr uid_t host = 1000;
    const Case cases[] = {
        {S_IFREG | 0644, 0, true},     {S_IFREG | 0755, host, true},  {S_IFDIR | 0755, 0, true},
        {S_IFREG | 0644, 1001, false}, {S_IFREG | 0664, 0, false},    {S_IFREG | 0646, 0, false},
        {S_IFDIR | 01777, 0, false},   {S_IFDIR | 0775, host, false}, {S_IFIFO | 0600, 0, false},
        {S_IFLNK | 0777, 0, false},
    };
    for (const auto& c : cases) {
        CAPTURE(c.mode);
        CAPTURE(c.owner);
        struct stat found {};
        found.st_mode = c.mode;
        found.st_uid = c.owner;
        CHECK(ownership_fault(found, host).empty() == c.trusted);
    }
}

namespace {

constexpr const char* colours[] = {"red", "blue", nullptr};
constexpr cmw_option rows[] = {
    {"path", CMW_TYPE_PATH, CMW_OPTION_REQUIRED, nullptr, nullptr, nullptr, nullptr, "Where to."},
    {"every", CMW_TYPE_DURATION, 0, "6s", "1s", "5m", nullptr, "How often."},
    {"colour", CMW_TYPE_STRING, CMW_OPTION_DEPRECATED, "red", nullptr, nullptr, colours, "Paint."},
};
constexpr cmw_option use_rows[] = {
    {"stream", CMW_TYPE_STRING, 0, nullptr, nullptr, nullptr, nullptr, "Name \"there\"."}};

cmw_plugin sample() {
    static constexpr cmw_log_backend_ops ops{sizeof(cmw_log_backend_ops),
                                             [](void*, const cmw_call*, const cmw_log_batch*,
                                                std::size_t*,
                                                cmw_error*) noexcept { return cmw_status{CMW_OK}; },
                                             nullptr};
    cmw_plugin plugin{};
    plugin.struct_size = sizeof plugin;
    plugin.kind = CMW_KIND_LOG_BACKEND;
    plugin.name = "paint";
    plugin.version = "1.0";
    plugin.summary = "Paints\nlines.";
    plugin.license = "MIT";
    plugin.options = rows;
    plugin.option_count = 3;
    plugin.option_size = sizeof(cmw_option);
    plugin.create = [](const cmw_host*, const cmw_config*, void**, cmw_error*) noexcept {
        return cmw_status{CMW_OK};
    };
    plugin.destroy = [](void*) noexcept {};
    plugin.ops = &ops;
    plugin.use_options = use_rows;
    plugin.use_option_count = 1;
    return plugin;
}

base::Result<Contents> read(const cmw_plugin& plugin) {
    const cmw_plugin* const plugins[] = {&plugin, nullptr};
    return read_library({sizeof(cmw_library), CMW_ABI_MINOR, plugins}, "paint.so");
}

std::string fault_of(const std::function<void(cmw_plugin&)>& change) {
    auto plugin = sample();
    change(plugin);
    const auto contents = read(plugin);
    return contents ? "" : contents.error().what;
}

} // namespace

TEST_CASE("a descriptor is copied, and described in words and as JSON") {
    const auto table = sample();
    const auto contents = read(table);
    REQUIRE(contents);
    REQUIRE(contents->plugins.size() == 1);
    const auto& plugin = contents->plugins[0];
    CHECK(plugin.schema.kind == "log-backend");
    CHECK(plugin.schema.name == "paint");
    CHECK(plugin.summary == "Paints lines.");
    CHECK(plugin.schema.options[0].required);
    CHECK(plugin.schema.options[1].maximum == "5m");
    CHECK(plugin.schema.options[2].choices == std::vector<std::string>{"red", "blue"});

    CHECK(describe(plugin) == R"(log-backend "paint" 1.0
Paints lines.

file      paint.so
license   MIT

Options:
  path  (path)
      required
      Where to.
  every  (duration, such as "30s")
      default 6s, 1s to 5m
      How often.
  colour  (string)
      deprecated, default red, one of red, blue
      Paint.

Options for each use, in { use = "name", ... }:
  stream  (string)
      Name "there".
)");
    const auto json = describe_json(plugin);
    CHECK(json.find(R"("default": "6s")") != std::string::npos);
    CHECK(json.find(R"("minimum": null)") != std::string::npos);
    CHECK(json.find(R"(Name \"there\".)") != std::string::npos);
    const std::vector<Catalog::Entry> entries = {
        {"paint.so", {&plugin}, {}}, {"bad.so", {}, base::Problem{"bad.so", "cannot load it", ""}}};
    CHECK(describe_list(entries) ==
          "log-backend  paint  1.0       Paints lines.\nrefused: bad.so: cannot load it\n");
    CHECK(describe_list_json(entries).find(R"("problem": "bad.so: cannot load it")") !=
          std::string::npos);
}

TEST_CASE("each fault of a descriptor is named") {
    struct Case {
        const char* reason;
        std::function<void(cmw_plugin&)> change;
    };
    static const std::string endless(10'000, 'x');
    const Case cases[] = {
        {"it has no name", [](auto& p) { p.name = nullptr; }},
        {"its name is not of", [](auto& p) { p.name = "Paint It"; }},
        {"it has no kind", [](auto& p) { p.kind = nullptr; }},
        {"it has no version", [](auto& p) { p.version = nullptr; }},
        {"its license is empty", [](auto& p) { p.license = "\n"; }},
        {"its summary does not end", [](auto& p) { p.summary = endless.c_str(); }},
        {"create or destroy", [](auto& p) { p.destroy = nullptr; }},
        {"table of its kind", [](auto& p) { p.ops = nullptr; }},
        {"no table of them", [](auto& p) { p.options = nullptr; }},
        {"option_size 8", [](auto& p) { p.option_size = 8; }},
        {"option_size 71", [](auto& p) { p.option_size = 71; }},
        {"257 options", [](auto& p) { p.use_option_count = 257; }},
    };
    for (const auto& c : cases) {
        const auto fault = fault_of(c.change);
        CAPTURE(c.reason);
        CAPTURE(fault);
        CHECK(fault.find(c.reason) != std::string::npos);
    }
    static cmw_option row = rows[0];
    row.type = 11;
    CHECK(fault_of([](auto& p) {
              p.options = &row;
              p.option_count = 1;
          }) ==
          "cannot use it as a plugin: plugin \"paint\": option \"path\": its type 11 is unknown");
    row = rows[0];
    row.help = nullptr;
    CHECK(fault_of([](auto& p) {
              p.options = &row;
              p.option_count = 1;
          }).find("it has no help") != std::string::npos);
    static cmw_option use = use_rows[0];
    use.name = "use";
    CHECK(fault_of([](auto& p) { p.use_options = &use; }).find("the host itself") !=
          std::string::npos);
    const auto plugin = sample();
    const std::vector<const cmw_plugin*> many(max_plugins + 1, &plugin);
    CHECK_FALSE(read_library({sizeof(cmw_library), 0, many.data()}, "many.so"));
}

TEST_SUITE_END();
