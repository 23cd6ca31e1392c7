// SPDX-License-Identifier: Apache-2.0
#include "base/system.hpp"

#include "base/atomic_file.hpp"
#include "support/temporary_folder.hpp"

#include <fcntl.h>

using namespace cmw::base;
using cmw::test::read_text;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;

TEST_CASE("a file is copied whole, also where the kernel cannot do it") {
    const TemporaryFolder folder;
    const std::string content(700'000, 'x');
    write_text(folder / "from", content);
    for (const int fault : {0, EXDEV, ENOSYS}) {
        CAPTURE(fault);
        const auto from = sys::open(folder / "from", O_RDONLY);
        const auto to = sys::open(folder / "to", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        sys::set_fault_plan(
            [fault](sys::Call call, auto) { return call == sys::Call::copy ? fault : 0; });
        const auto copied = sys::copy_file(from->get(), to->get());
        sys::set_fault_plan({});
        CHECK(copied == content.size());
        CHECK(read_text(folder / "to") == content);
    }
    const auto from = sys::open(folder / "from", O_RDONLY);
    const auto to = sys::open(folder / "to", O_WRONLY | O_TRUNC);
    sys::set_fault_plan([](sys::Call call, auto) { return call == sys::Call::copy ? ENOSPC : 0; });
    const auto full = sys::copy_file(from->get(), to->get());
    sys::set_fault_plan({});
    CHECK(full == tl::unexpected(ENOSPC));
}

TEST_CASE("folders are made as far as they are missing") {
    const TemporaryFolder folder;
    CHECK(sys::make_folders(folder / "a/b/c", 0700));
    CHECK(sys::make_folders(folder / "a/b/c", 0700));
    CHECK(std::filesystem::is_directory(folder / "a/b/c"));
    write_text(folder / "file", "");
    CHECK(sys::make_folders(folder / "file", 0700) == tl::unexpected(ENOTDIR));
    CHECK_FALSE(sys::make_folders(folder / "file/below", 0700));
}

TEST_CASE("a file beyond the limit is not read") {
    const TemporaryFolder folder;
    write_text(folder / "file", "12345");
    CHECK(sys::read_file(folder / "file", 5) == "12345");
    CHECK(sys::read_file(folder / "file", 4) == tl::unexpected(EFBIG));
    CHECK(sys::read_file(folder / "none", 4) == tl::unexpected(ENOENT));
}

TEST_CASE("a folder is listed in order") {
    const TemporaryFolder folder;
    for (const auto* name : {"b", "c", "a"}) write_text(folder / name, "");
    CHECK(sys::list(folder.path().string()) == std::vector<std::string>{"a", "b", "c"});
    CHECK(sys::list(folder / "none") == tl::unexpected(ENOENT));
}

TEST_CASE("whichever call fails, an atomically written file is the old or the new one") {
    const TemporaryFolder folder;
    const auto path = folder / "file";
    for (int nth = 1;; ++nth) {
        CAPTURE(nth);
        write_text(path, "old");
        int calls = 0;
        sys::set_fault_plan([&](sys::Call, auto) { return ++calls == nth ? EIO : 0; });
        const auto written = write_file_atomically(path, "new", 0600);
        sys::set_fault_plan({});
        if (calls < nth) { // Every call has failed once.
            CHECK(written);
            CHECK(read_text(path) == "new");
            break;
        }
        const auto content = read_text(path);
        CHECK((content == "old" || content == "new"));
        if (!written) CHECK(written.error().what == "cannot write the file: Input/output error");
        REQUIRE(nth < 50);
    }
    CHECK(sys::list(folder.path().string())->size() == 1);
}
