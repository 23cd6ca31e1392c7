// SPDX-License-Identifier: Apache-2.0
#include "app/service_manager.hpp"

#include "base/system.hpp"

#include <cstdlib>
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
    if (!socket_.empty()) (void)base::sys::send_datagram(socket_, lines);
}

} // namespace cmw::app
