// SPDX-License-Identifier: Apache-2.0
#include "supervisor/health.hpp"

#include <mutex>

namespace cmw::supervisor {

/// How a check on the worker finds back; closed when the monitor ends, the loop maybe soon after.
struct HealthMonitor::WayBack {
    std::mutex mutex; ///< Guards `loop`.
    base::EventLoop* loop = nullptr;
    HealthMonitor* monitor = nullptr; ///< Of the loop's thread.
};

HealthMonitor::HealthMonitor(base::EventLoop& loop, config::HealthSettings settings,
                             std::function<void(const News&)> report,
                             std::shared_ptr<OutputPattern> pattern)
    : loop_(loop),
      settings_(std::make_shared<const config::HealthSettings>(std::move(settings))),
      report_(std::move(report)),
      pattern_(std::move(pattern)),
      cancel_(std::make_shared<base::Cancel>()),
      way_back_(std::make_shared<WayBack>()),
      worker_("health") {
    way_back_->loop = &loop_;
    way_back_->monitor = this;
    plan(settings_->after);
}

HealthMonitor::~HealthMonitor() {
    cancel_->cancel();
    way_back_->monitor = nullptr; // What a check has posted already finds nobody.
    {
        const std::lock_guard lock(way_back_->mutex);
        way_back_->loop = nullptr;
    }
    worker_.abandon(); // Resolving a name cannot be broken off.
}

void HealthMonitor::plan(base::Nanoseconds delay) {
    timer_ = loop_.after(delay, [this] { check(); });
}

void HealthMonitor::check() {
    worker_.post(
        [way_back = way_back_, settings = settings_, cancel = cancel_, pattern = pattern_] {
            auto report = [way_back,
                           result = pattern ? pattern->look() : check_health(*settings, *cancel)] {
                if (way_back->monitor != nullptr) way_back->monitor->checked(result);
            };
            const std::lock_guard lock(way_back->mutex);
            if (way_back->loop != nullptr) way_back->loop->post(std::move(report));
        });
}

void HealthMonitor::checked(const base::Result<>& result) {
    failures_ = result ? 0 : failures_ + 1;
    if (!pattern_ || !result) plan(settings_->every);
    const News news{failures_ >= settings_->failures,
                    result ? std::string() : base::to_string(result.error())};
    const auto report = report_; // It may end this monitor.
    report(news);
}

} // namespace cmw::supervisor
