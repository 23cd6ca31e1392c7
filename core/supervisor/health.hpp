// SPDX-License-Identifier: Apache-2.0
//
// supervisor/health.hpp - asks a running program again and again whether it is well, on a thread
// of its own: the first time after `after`, then `every`; a pattern only until it was seen. Lives while the program runs. Belongs to
// the loop's thread.
#pragma once

#include "base/event_loop.hpp"
#include "base/worker.hpp"
#include "config/settings.hpp"
#include "supervisor/health_check.hpp"
#include "supervisor/output_pattern.hpp"

#include <memory>

namespace cmw::supervisor {

class HealthMonitor {
  public:
    struct News {
        bool failing = false; ///< `failures` checks in a row have failed; said at each one more.
        std::string why;      ///< Of the last check; "" if it passed.
    };

    /// `pattern`: what is looked for instead, if `settings` name one.
    HealthMonitor(base::EventLoop& loop, config::HealthSettings settings,
                  std::function<void(const News&)> report,
                  std::shared_ptr<OutputPattern> pattern = nullptr);
    /// Breaks off a check that runs, without waiting for it; no report comes after this.
    ~HealthMonitor();
    HealthMonitor(const HealthMonitor&) = delete;
    HealthMonitor& operator=(const HealthMonitor&) = delete;

  private:
    struct WayBack;
    void plan(base::Nanoseconds delay);
    void check();
    void checked(const base::Result<>& result);

    base::EventLoop& loop_;
    std::shared_ptr<const config::HealthSettings> settings_;
    std::function<void(const News&)> report_;
    std::shared_ptr<OutputPattern> pattern_;
    std::shared_ptr<base::Cancel> cancel_;
    std::shared_ptr<WayBack> way_back_;
    base::EventLoop::Handle timer_;
    std::int64_t failures_ = 0;
    base::Worker worker_;
};

} // namespace cmw::supervisor
