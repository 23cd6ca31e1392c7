// SPDX-License-Identifier: Apache-2.0
//
// Disks that are full for a while: the one of the host's state, and the one that a backend writes to.
// They are small file systems in memory, which only root may have.
#include "ledger/host.hpp"
#include "ledger/writer.hpp"
#include "support/file_systems.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>

using namespace std::chrono_literals;
using namespace cmw::test;

namespace {

constexpr std::size_t burst = 500;
constexpr std::size_t disk_kib = 4096;

/// Takes all the room that is left in a folder's file system, and gives it back.
class Ballast {
  public:
    explicit Ballast(const std::string& folder) : path_(folder + "/ballast") {
        const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        for (const std::string block(4096, 'x'); ::write(fd, block.data(), block.size()) > 0;) {
        }
        ::close(fd);
    }
    ~Ballast() { std::filesystem::remove(path_); }
    Ballast(const Ballast&) = delete;
    Ballast& operator=(const Ballast&) = delete;

  private:
    std::string path_;
};

void ship_while_state_is_full(const std::string& folder) {
    CloudEnd cloud;
    LogHost host({{"cloud", &cloud}});
    host.state_dir = folder + "/state";
    Writer writer(host.log);
    writer.write(1);
    host.start();
    REQUIRE(host.wait_for_all(1));
    std::size_t kills = 0;
    {
        const Ballast ballast(folder);
        for (; kills < 3; ++kills) {
            writer.write(burst);
            writer.rotate(1);
            writer.write(burst);
            REQUIRE(host.wait_for_all(writer.written()));
            CHECK(host.end(SIGKILL) == 128 + SIGKILL);
            writer.write(burst);
            host.start();
            REQUIRE(host.wait_for_all(writer.written()));
        }
    }
    writer.write(burst);
    CHECK(host.wait_for_all(writer.written()));
    CHECK(host.end(SIGTERM) == 0);
    const auto found = count(cloud.numbers(), writer.written());
    CHECK(found.missing == 0);
    CHECK(found.again <= kills * cloud.fake.largest_put());
    MESSAGE("state: " << writer.written() << " lines, " << found.again << " twice");
}

void ship_to_a_full_disk(const std::string& folder) {
    FolderEnd disk(folder);
    LogHost host({{"disk", &disk}});
    Writer writer(host.log);
    writer.write(1);
    host.start();
    REQUIRE(host.wait_for_all(1));
    for (int round = 0; round < 2; ++round) {
        const auto before = host.output().size();
        const Ballast ballast(folder);
        const auto failed = [&] {
            return host.output().find("log-backend.disk: cannot", before) != std::string::npos;
        };
        while (!failed()) {
            writer.write(burst);
            CHECK(eventually(
                [&] { return failed() || count(disk.numbers(), writer.written()).missing == 0; }));
        }
        writer.write(burst);
    }
    CHECK(host.wait_for_all(writer.written()));
    CHECK(host.end(SIGTERM) == 0);
    const auto found = count(disk.numbers(), writer.written());
    CHECK(found.missing == 0);
    CHECK(found.again == 0);
    CHECK(found.in_order);
    MESSAGE("disk: " << writer.written() << " lines");
}

} // namespace

TEST_SUITE_BEGIN("disk");

TEST_CASE("ledger: the disk of the state is full") {
    if (!on_file_system("tmpfs", disk_kib, ship_while_state_is_full))
        MESSAGE("skipped: no file system of its own on this machine");
}

TEST_CASE("ledger: the disk that a backend writes to is full") {
    if (!on_file_system("tmpfs", disk_kib, ship_to_a_full_disk))
        MESSAGE("skipped: no file system of its own on this machine");
}

TEST_SUITE_END();
