// SPDX-License-Identifier: Apache-2.0
//
// How a host stops services: those that others need after those, all others beside each other.
#include "app/host_parts.hpp"
#include "config/service_order.hpp"
#include "logs/own_log.hpp"

#include <cmw/abi/plugin.h>

namespace cmw::app {

void Host::stop_services(const std::vector<std::string>& names, std::function<void()> done) {
    suspend();
    auto stopping = std::make_shared<Parts::Stopping>();
    stopping->left = {names.begin(), names.end()};
    stopping->done = std::move(done);
    parts_->stop_next(stopping);
}

void Host::Parts::stop_next(const std::shared_ptr<Stopping>& stopping) {
    if (stopping->left.empty()) return stopping->done();
    for (const auto& name : config::first_to_stop(settings().services, stopping->left)) {
        if (!stopping->asked.insert(name).second) continue;
        services.at(name)->stop([this, stopping, name](const base::Result<>& stopped) {
            if (!stopped) logs::log_line(CMW_LEVEL_ERROR, base::to_string(stopped.error()));
            // Never from within the call: it may have answered at once.
            loop.post([this, stopping, name] {
                stopping->left.erase(name);
                stop_next(stopping);
            });
        });
    }
}

} // namespace cmw::app
