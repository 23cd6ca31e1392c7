// SPDX-License-Identifier: Apache-2.0
//
// Rotation by time, and what becomes of older generations.
#include "log-backend/file/backend.hpp"

#include "support/temporary_folder.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <cmw/testing.hpp>
#include <doctest/doctest.h>
#include <functional>
#include <sys/stat.h>

using namespace cmw::file;
using cmw::test::read_text;
using cmw::test::write_text;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (std::chrono::steady_clock::now() < end) {
        if (condition()) return true;
        std::this_thread::sleep_for(2ms);
    }
    return condition();
}

std::string unpacked(const std::string& path) {
    std::unique_ptr<archive, decltype(&::archive_read_free)> reader(::archive_read_new(),
                                                                    &::archive_read_free);
    ::archive_read_support_filter_all(reader.get());
    ::archive_read_support_format_raw(reader.get());
    archive_entry* entry = nullptr;
    if (::archive_read_open_filename(reader.get(), path.c_str(), 65536) != ARCHIVE_OK ||
        ::archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
        return "cannot unpack " + path;
    std::string text;
    std::vector<char> buffer(65536);
    for (la_ssize_t got = 0;
         (got = ::archive_read_data(reader.get(), buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    return text;
}

struct Fixture {
    cmw::test::TemporaryFolder folder;
    cmw::testing::TestHost host;
    std::string path = folder / "a.log";

    LogFile::Settings settings(std::int64_t max_size, std::int64_t keep) const {
        LogFile::Settings made;
        made.path = path;
        made.max_size = max_size;
        made.keep = keep;
        return made;
    }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& entry : fs::directory_iterator(folder.path()))
            all.push_back(entry.path().filename().string());
        std::ranges::sort(all);
        return all;
    }
};

void append(LogFile& file, const std::string& text) {
    const std::string_view record(text);
    CHECK(file.append(std::span(&record, 1)) == 1);
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE_FIXTURE(Fixture, "a new period begins a new file, also after a restart") {
    auto how = settings(1'000'000, 3);
    how.rotate_every = std::chrono::nanoseconds(24h).count();
    const auto day = how.rotate_every;
    auto now = LogFile::unix_nanoseconds() / day * day;
    how.now = [&now] { return now; };
    {
        LogFile file(how);
        append(file, "one\n");
        now += day - 1;
        append(file, "two\n");
        now += 1;
        append(file, "three\n");
        CHECK(read_text(path) == "three\n");
        CHECK(read_text(path + ".1") == "one\ntwo\n");
        now -= day; // A clock that is set back rotates nothing.
        append(file, "four\n");
        CHECK(read_text(path) == "three\nfour\n");
    }
    // By the file's own time, which is today.
    now = LogFile::unix_nanoseconds() + day;
    LogFile file(how);
    append(file, "five\n");
    CHECK(read_text(path) == "five\n");
    CHECK(read_text(path + ".1") == "three\nfour\n");
    CHECK(read_text(path + ".2") == "one\ntwo\n");
    now += 5 * day; // A file without records is no generation.
    fs::resize_file(path, 0);
    file.follow_path();
    append(file, "six\n");
    CHECK(names() == Names{"a.log", "a.log.1", "a.log.2"});
}

TEST_CASE_FIXTURE(Fixture, "older files are compressed meanwhile, with their mode and time") {
    for (const auto how : {Compression::gzip, Compression::zstd}) {
        const auto end = std::string(suffix(how));
        Compressor compressor(how, host.handle());
        auto wanted = settings(10, 2);
        wanted.mode = 0604;
        wanted.compressor = &compressor;
        LogFile file(wanted);
        for (const auto* text : {"1111\n", "2222\n", "3333\n", "4444\n", "5555\n", "6666\n", "7\n"})
            append(file, text);
        CHECK(eventually([&] {
            return names() == Names{"a.log", "a.log.1" + end, "a.log.2" + end};
        }));
        CHECK(read_text(path) == "7\n");
        CHECK(unpacked(path + ".1" + end) == "5555\n6666\n");
        CHECK(unpacked(path + ".2" + end) == "3333\n4444\n");
        struct stat found {};
        REQUIRE(::stat((path + ".1" + end).c_str(), &found) == 0);
        CHECK((found.st_mode & 0777) == 0604);
        for (const auto& name : names()) fs::remove(folder / name);
    }
    CHECK(host.lines().empty());
}

TEST_CASE_FIXTURE(Fixture, "whatever a kill left behind is finished by the next start") {
    const auto how = Compression::zstd;
    const auto end = std::string(suffix(how));
    write_text(path, "now\n");
    write_text(path + ".compressing", "half of somethi"); // Killed while it was written,
    write_text(path + ".1", "one\n");
    write_text(path + ".2", "two\n");
    write_text(path + ".3", "three\n"); // before the plain one was removed,
    write_text(path + ".3" + end, "stands for three");
    write_text(path + ".5", "five\n"); // and in the middle of a rotation.
    Compressor compressor(how, host.handle());
    auto wanted = settings(1000, 5);
    wanted.compressor = &compressor;
    LogFile file(wanted);
    CHECK(eventually([&] {
        return names() ==
               Names{"a.log", "a.log.1" + end, "a.log.2" + end, "a.log.3" + end, "a.log.5" + end};
    }));
    CHECK(unpacked(path + ".1" + end) == "one\n");
    CHECK(unpacked(path + ".2" + end) == "two\n");
    CHECK(read_text(path + ".3" + end) == "stands for three");
    CHECK(unpacked(path + ".5" + end) == "five\n");
}

TEST_CASE_FIXTURE(Fixture, "rotations while older files are compressed lose nothing") {
    std::string expected;
    {
        Compressor compressor(Compression::gzip, host.handle());
        auto wanted = settings(20'000, 400);
        wanted.compressor = &compressor;
        LogFile file(wanted);
        for (int i = 0; i < 300; ++i) {
            const auto text = std::to_string(i) + std::string(9000, 'x') + "\n";
            expected += text;
            append(file, text);
        }
    } // The end comes in the middle of it.
    CHECK_FALSE(fs::exists(path + ".compressing"));
    Compressor compressor(Compression::gzip, host.handle());
    auto wanted = settings(20'000, 400);
    wanted.compressor = &compressor;
    LogFile file(wanted);
    CHECK(eventually([&] { return !fs::exists(path + ".149") && !fs::exists(path + ".1"); }));
    std::string found;
    for (int i = 400; i > 0; --i)
        if (const auto name = path + "." + std::to_string(i) + ".gz"; fs::exists(name))
            found += unpacked(name);
    CHECK(found + read_text(path) == expected);
    CHECK(host.lines().empty());
}

TEST_CASE_FIXTURE(Fixture, "what cannot be compressed stays, and is told") {
    fs::create_directory(path + ".compressing");
    Compressor compressor(Compression::gzip, host.handle());
    auto wanted = settings(10, 2);
    wanted.compressor = &compressor;
    LogFile file(wanted);
    append(file, "11111111\n");
    append(file, "22222222\n");
    CHECK(eventually([&] { return !host.lines().empty(); }));
    CHECK(host.lines()[0].starts_with("cannot compress what is older of " + path));
    CHECK(read_text(path + ".1") == "11111111\n");
    CHECK(read_text(path) == "22222222\n");
}

TEST_CASE_FIXTURE(Fixture, "the backend compresses, and owners are found by name or number") {
    FileBackend::Settings options{path, {4096}, 3, true, "raw", "0640"};
    options.compress = "zstd";
    options.owner = std::to_string(::geteuid());
    options.group = std::to_string(::getegid());
    FileBackend backend(options, host.handle());
    const cmw::testing::TestCall call;
    for (int i = 0; i < 2; ++i) {
        cmw::testing::TestBatch batch("a", {std::string(4000, 'x')});
        auto records = batch.handle();
        backend.write(call.handle(), records);
    }
    CHECK(eventually([&] { return names() == Names{"a.log", "a.log.1.zst"}; }));
    CHECK(find_owner("root", "root").user == 0);
    CHECK(find_owner("root", "root").group == 0);
    CHECK(find_owner("", "").user == static_cast<uid_t>(-1));
    CHECK(find_owner("12345", "54321").group == 54321);
    options.owner = "nobody of that name";
    CHECK_THROWS_WITH_AS(FileBackend::check(options), doctest::Contains("does not know"),
                         cmw::Error);
    CHECK_THROWS_AS(find_owner("", "no such group"), cmw::Error);
}
