// SPDX-License-Identifier: Apache-2.0
#include "process_record.hpp"

#include "support/temporary_folder.hpp"

#include <cstring>
#include <doctest/doctest.h>

using namespace cmw::posix;
using cmw::test::TemporaryFolder;
using cmw::test::write_text;

TEST_CASE("fields of /proc/PID/stat are found whatever the program is called") {
    const char* const stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 10 0 0 0 5 6 0 0 20 0 1 0 8121 99";
    CHECK(*stat_field(stat, std::strlen(stat), 3) == 'S');
    CHECK(std::string(stat_field(stat, std::strlen(stat), 22)) == "8121 99");
    CHECK(stat_field(stat, 20, 22) == nullptr);
    CHECK(stat_field("no name", 7, 3) == nullptr);
}

TEST_CASE("a record is read back; what makes no sense is none") {
    const TemporaryFolder folder;
    const auto path = folder / "x.process";
    CHECK_FALSE(read_record(path).has_value());
    write_text(path, "pid 12\nstart 34\nboot ab-cd\nexecutable /opt/my program\n");
    CHECK(read_record(path) == ProcessRecord{12, 34, "ab-cd", "", ""});
    write_text(path, "pid 12\nstart 34\nboot ab-cd\nmark 7f\n");
    CHECK(read_record(path)->mark == "7f");
    CHECK(read_record(path)->cgroup.empty());
    write_text(path, "pid 12\nstart 34\nboot ab-cd\ncgroup /sys/fs/cgroup/a b\n");
    CHECK(read_record(path)->cgroup == "/sys/fs/cgroup/a b");
    for (const auto* text :
         {"", "pid 12\n", "pid -1\nstart 34\nboot x\n", "pid 0\nstart 1\nboot x\n",
          "pid 12x\nstart 34\nboot x\n", "pid 12\nstart 34\nboot \n", "\n\n \n"}) {
        CAPTURE(text);
        write_text(path, text);
        CHECK_FALSE(read_record(path).has_value());
    }
}

TEST_CASE("only the very process of a record is opened") {
    const auto boot = read_boot_id();
    const auto self = read_facts(::getpid());
    REQUIRE(self.has_value());
    CHECK(open_process({::getpid(), self->start, boot, "", ""}, boot));
    CHECK_FALSE(
        open_process({::getpid(), self->start + 1, boot, "", ""}, boot)); // Its number, reused.
    CHECK_FALSE(open_process({::getpid(), self->start, "another-boot", "", ""}, boot));
    CHECK_FALSE(open_process({0x3ffffff, 1, boot, "", ""}, boot)); // Beyond any pid_max.
}
