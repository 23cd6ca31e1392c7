// SPDX-License-Identifier: Apache-2.0
//
// logs/shipper.hpp - one backend's thread: starts it, ends it, and replaces it when a call into the
// plugin does not come back. All functions but stop() may be called from any thread.
#pragma once

#include "logs/delivery.hpp"

namespace cmw::base {
class Worker;
}

namespace cmw::logs {

class Shipper : public std::enable_shared_from_this<Shipper> {
  public:
    /// Threads that hang are given up until there are so many; then nothing is shipped to this
    /// backend until one of them returns.
    static constexpr unsigned most_given_up = 4;

    /// The problem is one of the system: no descriptor is left.
    static base::Result<std::shared_ptr<Shipper>> start(DeliverySetup setup);
    ~Shipper();
    Shipper(const Shipper&) = delete;
    Shipper& operator=(const Shipper&) = delete;

    /// Asks for the end: what is there is shipped, but no longer than until `at`.
    void stop_by(base::Monotonic at);
    /// Waits for the end; a call that is running then is cancelled, and given up after its grace.
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
    void start_life();
    void give_up(std::uint64_t work);
    void ended(std::uint64_t life);

    std::shared_ptr<DeliverySetup> setup_;
    std::unique_ptr<base::Worker> thread_; ///< Of the present life; guarded by the board's mutex.
};

} // namespace cmw::logs
