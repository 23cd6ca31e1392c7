// SPDX-License-Identifier: Apache-2.0
#include "config/secret.hpp"

#include "base/system.hpp"
#include "config/loader.hpp"
#include "support/plugin_schemas.hpp"
#include "support/temporary_folder.hpp"

#include <cstdlib>
#include <sys/stat.h>

using namespace cmw;
using namespace cmw::config;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;

namespace {

struct Secrets {
    TemporaryFolder folder;

    Loaded read(const std::string& option) const {
        const auto document =
            parse_document("[log-backend.b]\nplugin = 'every-type'\n" + option, folder / "f.toml");
        REQUIRE(document);
        return read_settings(**document, test::find_schema, {});
    }
    OptionValue value(const std::string& option, std::size_t index) const {
        const auto loaded = read(option);
        for (const auto& problem : loaded.problems) MESSAGE(to_string(problem));
        REQUIRE(loaded.problems.empty());
        return loaded.settings.instances.at(0).options.at(index);
    }
    std::string problem(const std::string& option) const {
        const auto loaded = read(option);
        REQUIRE(loaded.problems.size() == 1);
        CHECK(loaded.problems[0].where.starts_with((folder / "f.toml") + ":3:"));
        CHECK_FALSE(loaded.problems[0].fix.empty());
        return loaded.problems[0].what;
    }
};

constexpr std::size_t text = 3, items = 5, labels = 6, pause = 7, token = 10;

} // namespace

TEST_CASE_FIXTURE(Secrets, "texts come from the environment and from files, and are secret then") {
    ::setenv("CMW_TEST_TEXT", "5s", 1);
    write_text(folder / "s", "hush\n");
    ::chmod((folder / "s").c_str(), 0600);
    const auto from_environment = value("text = { env = 'CMW_TEST_TEXT' }", text);
    CHECK(std::get<std::string>(from_environment.value) == "5s");
    CHECK(from_environment.secret);
    const auto from_file = value("token = { file = 's' }", token);
    CHECK(std::get<std::string>(from_file.value) == "hush");
    CHECK(from_file.secret);
    CHECK(std::get<std::int64_t>(value("pause = { env = 'CMW_TEST_TEXT' }", pause).value) ==
          5'000'000'000);
    const auto list = value("items = ['a', { file = 's' }]", items);
    CHECK(std::get<OptionList>(list.value) == OptionList{"a", "hush"});
    CHECK(list.secret);
    CHECK(value("labels = { a = { file = 's' } }", labels).secret);
    ::unsetenv("CMW_TEST_TEXT");
}

TEST_CASE_FIXTURE(Secrets, "a secret that others may read is refused; another text is not") {
    write_text(folder / "s", "hush");
    for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
        ::chmod((folder / "s").c_str(), mode);
        CHECK(problem("token = { file = 's' }") ==
              fmt::format("cannot use the secret in {}: others than its owner may access it (mode "
                          "{:04o}) (for 'token')",
                          folder / "s", mode));
        CHECK(std::get<std::string>(value("text = { file = 's' }", text).value) == "hush");
    }
}

TEST_CASE_FIXTURE(Secrets, "what cannot be read is one problem that names it") {
    CHECK(problem("text = { env = 'CMW_TEST_UNSET' }") ==
          "cannot read the environment variable CMW_TEST_UNSET: it is not set (for 'text')");
    CHECK(problem("text = { file = 'none' }") ==
          fmt::format("cannot read the file {}: No such file or directory (for 'text')",
                      folder / "none"));
    CHECK(problem("text = { file = '.' }").find("it is not a regular file") != std::string::npos);
    ::mkfifo((folder / "fifo").c_str(), 0600);
    CHECK(problem("text = { file = 'fifo' }").find("it is not a regular file") !=
          std::string::npos);
    write_text(folder / "empty", "\n");
    CHECK(problem("text = { file = 'empty' }") ==
          "cannot use what the file \"empty\" holds: it is empty (for 'text')");
    write_text(folder / "large", std::string(100'000, 'x'));
    CHECK(problem("text = { file = 'large' }").find("File too large") != std::string::npos);
    write_text(folder / "nul", std::string(3, '\0'));
    CHECK(problem("text = { file = 'nul' }").find("it holds a NUL byte") != std::string::npos);
}

TEST_CASE_FIXTURE(Secrets, "failing system calls are problems") {
    write_text(folder / "s", "hush");
    using base::sys::Call;
    for (const auto failing : {Call::open, Call::stat, Call::read}) {
        base::sys::set_fault_plan(
            [&](Call call, std::string_view) { return call == failing ? EIO : 0; });
        const auto loaded = read("text = { file = 's' }");
        base::sys::set_fault_plan({});
        REQUIRE(loaded.problems.size() == 1);
        CHECK(loaded.problems[0].what.find("Input/output error") != std::string::npos);
    }
}

TEST_CASE_FIXTURE(Secrets, "messages do not repeat a secret") {
    write_text(folder / "s", "hush");
    ::chmod((folder / "s").c_str(), 0600);
    for (const auto* option : {"pause = { file = 's' }", "colour = { file = 's' }"}) {
        for (const auto& found : read(option).problems)
            CHECK(to_string(found).find("hush") == std::string::npos);
    }
    CHECK(problem("pause = { file = 's' }") ==
          "cannot use this secret text for 'pause': it is not a duration with a unit");
}
