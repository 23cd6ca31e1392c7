// SPDX-License-Identifier: Apache-2.0
// What the host says of libraries that are not what they should be, and that it refuses no others.
#include "base/system.hpp"
#include "base/text.hpp"
#include "plugin_host/catalog.hpp"
#include "plugin_host/library.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

using namespace cmw;
using namespace cmw::plugin_host;
using cmw::test::TemporaryFolder;

namespace {

constexpr auto kind = "consensus-source";

/// A folder with copies of some of the built libraries.
class Folder {
  public:
    explicit Folder(const std::vector<std::string>& names) {
        for (const auto& name : names) add(name, name + ".so");
    }
    void add(const std::string& name, const std::string& as) {
        std::filesystem::copy_file(std::string(LIBRARIES "/") + name + ".so", folder_ / as,
                                   std::filesystem::copy_options::overwrite_existing);
        ::chmod((folder_ / as).c_str(), 0644);
    }
    std::string operator/(const std::string& name) const { return folder_ / name; }
    std::string path() const { return folder_.path().string(); }
    Catalog catalog() const { return Catalog({path()}); }

  private:
    TemporaryFolder folder_;
};

std::string refusal(const std::string& file, const std::optional<base::Digest>& digest = {}) {
    const auto library = load_library(file, digest);
    if (!library) return to_string(library.error());
    return (*library)->problem ? to_string(*(*library)->problem) : "";
}

bool mentions(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

base::Digest digest_of(const std::string& file) {
    const auto opened = base::sys::open(file, O_RDONLY);
    return *base::digest_of_file(opened->get(), file, "sha-256");
}

} // namespace

TEST_CASE("each library that breaks a rule is refused with its file and the reason") {
    struct Case {
        const char* library;
        const char* reason;
    };
    constexpr Case cases[] = {
        {"no_symbol", "does not export cmw_library_1"},
        {"wrong_abi", "does not export cmw_library_1"},
        {"needs_symbol", "nobody_has_this"},
        {"null_library", "gives no table"},
        {"throwing_symbol", "threw an exception"},
        {"small_library", "its struct_size 8 is below"},
        {"null_plugins", "holds no plugins"},
        {"small_plugin", "struct_size 16 is below"},
        {"many_options", "declares 4000000000 options, more than 256"},
        {"same_name", "plugin \"sample\": the library holds two"},
        {"bad_fallback", "option \"every\" has a fallback that is no duration"},
        {"no_ops", "the table of its kind is missing or incomplete"},
        {"newer_host", "needs a host with ABI 1.99"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.library);
        const Folder folder({c.library, "good"});
        const auto file = folder / (std::string(c.library) + ".so");
        const auto said = refusal(file);
        CAPTURE(said);
        CHECK(mentions(said, file + ": cannot "));
        CHECK(mentions(said, c.reason));

        // It does not stand in the way of what else is there.
        const auto found = folder.catalog().find(kind, "sample");
        REQUIRE(found);
        CHECK((*found)->file == folder / "good.so");
    }
}

TEST_CASE("what is no shared object is refused in the loader's words") {
    const TemporaryFolder folder;
    test::write_text(folder / "text.so", "not a library");
    const auto said = refusal(folder / "text.so");
    CHECK(mentions(said, "text.so: cannot load the plugin: file too short"));
    CHECK(mentions(refusal(folder / "none.so"), "none.so: cannot find the plugin: No such file"));
}

TEST_CASE("structs that grew are stepped over by their own size") {
    const Folder folder({"larger"});
    const auto found = folder.catalog().find(kind, "larger");
    REQUIRE(found);
    const auto& options = (*found)->schema.options;
    REQUIRE(options.size() == 2);
    CHECK(options[0].name == "first");
    CHECK(options[1].name == "second");
    CHECK(options[1].type == config::OptionType::list);
}

TEST_CASE("a plugin of an unknown kind is left out, with a word, and its neighbour works") {
    const Folder folder({"unknown_kind"});
    const auto catalog = folder.catalog();
    CHECK(catalog.find(kind, "known"));
    const auto entries = catalog.all();
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].plugins.size() == 1);
    REQUIRE(entries[0].problem);
    CHECK(mentions(entries[0].problem->what, "\"weather-source/1\" is not known here"));
}

TEST_CASE("a library that bears the plugin's name decides, even if it is refused") {
    Folder folder({"good"});
    folder.add("no_symbol", "consensus-source-sample.so");
    const auto found = folder.catalog().find(kind, "sample");
    REQUIRE_FALSE(found);
    CHECK(mentions(found.error().where, "consensus-source-sample.so"));
}

TEST_CASE("a name that is not there is answered with the nearest, or with what there is") {
    const Folder folder({"good"});
    const auto near = folder.catalog().find(kind, "simple");
    REQUIRE_FALSE(near);
    CHECK(mentions(to_string(near.error()), "did you mean \"sample\"?"));
    CHECK(mentions(to_string(near.error()), folder.path()));
    CHECK(folder.catalog().find(kind, "quite-another").error().fix == "there are: sample");
    CHECK(mentions(Catalog({}).find(kind, "x").error().what, "an empty plugin path"));
}

TEST_CASE("owner and mode of the file and of its folder are checked before it is loaded") {
    const Folder folder({"good"});
    const auto file = folder / "good.so";
    ::chmod(file.c_str(), 0664);
    CHECK(mentions(refusal(file), "good.so: cannot trust the plugins there: it may be written by "
                                  "its group (mode 0664)"));
    ::chmod(file.c_str(), 0646);
    CHECK(mentions(refusal(file), "may be written by everybody"));
    ::chmod(file.c_str(), 0644);
    ::chmod(folder.path().c_str(), 01777);
    CHECK(mentions(refusal(file), "may be written by everybody (mode 1777)"));
    ::chmod(folder.path().c_str(), 0755);
    CHECK(refusal(file).empty());
    std::filesystem::create_directory(folder / "folder.so");
    CHECK(mentions(refusal(folder / "folder.so"), "it is not a regular file"));

    SUBCASE("a link is as good as what it leads to") {
        std::filesystem::create_symlink(file, folder / "link.so");
        CHECK(refusal(folder / "link.so").empty());
        ::chmod(file.c_str(), 0666);
        CHECK(mentions(refusal(folder / "link.so"), "good.so: cannot trust"));
    }
    SUBCASE("a FIFO is not waited for") {
        REQUIRE(::mkfifo((folder / "pipe.so").c_str(), 0600) == 0);
        CHECK(mentions(refusal(folder / "pipe.so"), "not a regular file"));
    }
    if (::geteuid() == 0) {
        REQUIRE(::chown(file.c_str(), 12345, 0) == 0);
        CHECK(mentions(refusal(file), "belongs to user 12345"));
    }
}

TEST_CASE("a digest that is demanded must match, or nothing is loaded") {
    const Folder folder({"good", "larger"});
    const auto right = digest_of(folder / "good.so");
    const auto catalog = folder.catalog();
    CHECK(catalog.find(kind, "sample", right));
    const auto other = digest_of(folder / "larger.so");
    const auto refused = catalog.find(kind, "sample", other);
    REQUIRE_FALSE(refused);
    CHECK(mentions(refused.error().fix, "not " + other.hex()));
    CHECK(mentions(refused.error().fix, "good.so"));
}

TEST_CASE("a file that was replaced after it was loaded needs a restart") {
    Folder folder({"good"});
    REQUIRE(folder.catalog().find(kind, "sample"));
    folder.add("larger", "next");
    std::filesystem::rename(folder / "next", folder / "good.so");
    CHECK(mentions(refusal(folder / "good.so"), "restart the host"));
}

TEST_CASE("all libraries are listed, the refused ones with their reasons") {
    const Folder folder({"larger", "good", "no_ops"});
    const auto entries = folder.catalog().all();
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].file == folder / "good.so");
    CHECK(entries[0].plugins.size() == 1);
    CHECK(entries[2].file == folder / "no_ops.so");
    CHECK(entries[2].plugins.empty());
    CHECK(entries[2].problem);
}
