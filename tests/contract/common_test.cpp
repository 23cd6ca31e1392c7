// SPDX-License-Identifier: Apache-2.0
// What holds for plugins of every kind.
#include "subject.hpp"

#include <doctest/doctest.h>
#include <filesystem>

using namespace cmw;
using namespace cmw::plugin_host;
using cmw::test::subjects;

namespace {

std::size_t entries_of(const char* folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                  std::filesystem::directory_iterator()));
}

/// The same options, with every text replaced by one that no plugin can use.
config::OptionValues spoiled(config::OptionValues options) {
    for (auto& option : options) {
        if (std::holds_alternative<std::string>(option.value))
            option.value = std::string("\x01\xff{no such thing}/\n");
        if (std::holds_alternative<config::OptionList>(option.value))
            option.value = config::OptionList{"\x01\xff", ""};
    }
    return options;
}

bool is_clean(const tl::expected<void, Failure>& result) {
    return result || (result.error().status != CMW_OK && !result.error().text.empty());
}

} // namespace

TEST_CASE("a descriptor says what an operator needs") {
    const auto all = subjects("");
    REQUIRE(all.size() >= 5);
    for (const auto& subject : all) {
        INFO(subject.label());
        const auto& plugin = subject.plugin();
        CHECK_FALSE(plugin.version.empty());
        CHECK(plugin.summary.ends_with("."));
        CHECK(plugin.summary.size() <= 120);
        if (plugin.file.find("all_kinds") != std::string::npos) continue;
        // Found by its name without looking into other libraries.
        CHECK(plugin.file.ends_with("/" + plugin.schema.kind + "-" + plugin.schema.name + ".so"));
        CHECK(plugin.license == "Apache-2.0");
        for (const auto& options : {plugin.schema.options, plugin.schema.use_options})
            for (const auto& option : options) {
                INFO(option.name);
                CHECK(option.help.ends_with("."));
            }
    }
}

TEST_CASE("options that cannot work are refused with words, and nothing is left behind") {
    for (const auto& subject : subjects("")) {
        INFO(subject.label());
        CHECK(validate(subject.plugin(), subject.options(), nullptr));
        CHECK(is_clean(validate(subject.plugin(), subject.options(), &subject.use())));
        const auto bad = spoiled(subject.options());
        CHECK(is_clean(validate(subject.plugin(), bad, nullptr)));
        const auto use = spoiled(subject.use());
        CHECK(is_clean(validate(subject.plugin(), subject.options(), &use)));
        for (const auto& options : {bad, config::OptionValues{}}) {
            const auto session = subject.create(options);
            CHECK(is_clean(session.map([](const auto&) {})));
        }
    }
}

TEST_CASE("lives of an instance leave no descriptor and no thread") {
    for (const auto& subject : subjects("")) {
        INFO(subject.label());
        subject.create().reset(); // What a library sets up once for the process.
        const auto descriptors = entries_of("/proc/self/fd");
        const auto threads = entries_of("/proc/self/task");
        for (int i = 0; i < 50; ++i) subject.create().reset();
        CHECK(entries_of("/proc/self/fd") == descriptors);
        CHECK(entries_of("/proc/self/task") == threads);
    }
}
