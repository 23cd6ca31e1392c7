// SPDX-License-Identifier: Apache-2.0
#include "app/service_manager.hpp"

#include "base/system.hpp"
#include "support/temporary_folder.hpp"

#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>

using namespace cmw;
using app::ServiceManager;
using namespace std::chrono_literals;

namespace {

/// A socket as systemd listens on; an abstract one if `name` begins with '@'.
base::UniqueFd listen_on(const std::string& name) {
    base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    return fd;
}

std::string received(const base::UniqueFd& fd) {
    std::array<char, 256> buffer{};
    const auto got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    return got < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
}

} // namespace

TEST_CASE("systemd is told, over a path or an abstract name, and programs do not inherit it") {
    const test::TemporaryFolder folder;
    const auto abstract = "@cmw-test-" + folder.path().filename().string();
    for (const auto& name : {folder / "notify", abstract}) {
        CAPTURE(name);
        const auto socket = listen_on(name);
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
        ::setenv("WATCHDOG_USEC", "3000000", 1);
        const auto manager = ServiceManager::from_environment();
        CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
        CHECK(std::getenv("WATCHDOG_USEC") == nullptr);
        manager.notify("READY=1\nSTATUS=running");
        CHECK(received(socket) == "READY=1\nSTATUS=running");
        CHECK(manager.watchdog_interval() == 1500ms);
    }
}

TEST_CASE("without systemd, or with another process's watchdog, nothing happens") {
    const auto none = ServiceManager::from_environment();
    none.notify("READY=1");
    CHECK_FALSE(none.watchdog_interval());
    ::setenv("WATCHDOG_USEC", "3000000", 1);
    ::setenv("WATCHDOG_PID", "1", 1);
    CHECK_FALSE(ServiceManager::from_environment().watchdog_interval());
    ::setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    ServiceManager::from_environment().notify("READY=1"); // Nobody listens: passed over.
    CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
}
