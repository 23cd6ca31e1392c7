// SPDX-License-Identifier: Apache-2.0
//
// logs/shipper.hpp - all that ships to one backend: starts it, ends it, and says how it stands. The
// status may be asked for from any thread.
#pragma once

#include "logs/delivery.hpp"

namespace cmw::base {
class Worker;
}

namespace cmw::logs {

class Shipper {
  public:
    /// The problem is one of the system: no descriptor is left.
    static base::Result<std::unique_ptr<Shipper>> start(DeliverySetup setup);
    ~Shipper();
    Shipper(const Shipper&) = delete;
    Shipper& operator=(const Shipper&) = delete;

    /// Asks for the end: what is there is shipped, but no longer than until `at`.
    void stop_by(base::Monotonic at);
    /// Waits for the end. A call into the plugin that is running at that time is cancelled, and
    /// given up after its grace.
    void wait_for_end();

    plugin_host::InstanceStatus instance() const;
    struct Delivered {
        std::uint64_t read_bytes = 0;
        DeliveryStatus status;
    };
    /// By stream, over all its files.
    std::map<std::string, Delivered> streams() const;

  private:
    Shipper() = default;

    std::shared_ptr<DeliverySetup> setup_;
    std::unique_ptr<base::Worker> thread_;
};

} // namespace cmw::logs
