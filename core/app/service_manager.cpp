// SPDX-License-Identifier: Apache-2.0
#include "app/service_manager.hpp"

#include "base/unique_fd.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace cmw::app {

namespace {

std::string take_variable(const char* name) {
    const char* value = std::getenv(name);
    std::string text = value == nullptr ? "" : value;
    ::unsetenv(name);
    return text;
}

} // namespace

ServiceManager ServiceManager::from_environment() {
    ServiceManager manager;
    manager.socket_ = take_variable("NOTIFY_SOCKET");
    const auto microseconds = std::strtoll(take_variable("WATCHDOG_USEC").c_str(), nullptr, 10);
    const auto pid = take_variable("WATCHDOG_PID");
    const bool for_us = pid.empty() || pid == std::to_string(::getpid());
    if (microseconds > 0 && for_us) manager.watchdog_ = std::chrono::microseconds(microseconds) / 2;
    return manager;
}

void ServiceManager::notify(const std::string& lines) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    // "@name" is the abstract name space: its address begins with a NUL.
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return;
    (void)::sendto(fd.get(), lines.data(), lines.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address), size);
}

} // namespace cmw::app
