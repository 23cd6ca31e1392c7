// SPDX-License-Identifier: Apache-2.0
//
// logs/fake_backend.hpp - backends that do as a test says, and a ledger of what reached them.
#pragma once

#include "logs/pipeline.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace cmw::logs::test {

using namespace std::chrono_literals;

/// Polls for a condition, for so long that only a fault makes it give up.
template <class Condition>
bool eventually(Condition condition, base::Nanoseconds patience = 30s) {
    const auto until = base::monotonic_now() + patience;
    while (base::monotonic_now() < until) {
        if (condition()) return true;
        std::this_thread::sleep_for(2ms);
    }
    return condition();
}

inline cmw_log_limits no_limits() {
    return {sizeof(cmw_log_limits), UINT32_MAX, UINT64_MAX, 0, UINT32_MAX, 0};
}

struct Received {
    std::string stream;
    std::string text;
    std::uint64_t sequence = 0;
    std::uint32_t level = 0;
    std::int64_t time_ns = 0;
};

/// What is to become of a write.
struct Order {
    enum class Kind { take, fail, partly, hang } kind = Kind::take;
    std::size_t delivered = 0; ///< Of `partly`.
    std::size_t rejected = 0;  ///< Of the delivered.
};

/// Where all instances of one fake backend put what they take. Outlives them.
class Sink {
  public:
    /// Decides what happens to the n-th write (from 0) of `records` records.
    using Script = std::function<Order(std::size_t number, const cmw_log_batch& batch)>;

    explicit Sink(Script script = {}, const cmw_log_limits& declared = no_limits())
        : limits(declared), script_(std::move(script)) {}

    plugin_host::LogBackendFactory factory();
    Pipeline::Backend backend(std::string name, base::Nanoseconds deadline = 60s,
                              base::Nanoseconds grace = 5s) {
        return {std::move(name), factory(), deadline, grace};
    }

    plugin_host::WriteOutcome write(const cmw_log_batch& batch, bool& hangs) {
        const std::lock_guard lock(mutex_);
        const auto order = script_ ? script_(writes_, batch) : Order{};
        ++writes_;
        plugin_host::WriteOutcome outcome;
        outcome.delivered = batch.count;
        if (order.kind == Order::Kind::fail || order.kind == Order::Kind::partly) {
            outcome.delivered = order.kind == Order::Kind::partly ? order.delivered : 0;
            outcome.failure =
                plugin_host::Failure{CMW_FAILED, "cannot do it: the script says so", {}};
        }
        outcome.rejected = order.rejected;
        for (std::size_t i = 0; i < outcome.delivered; ++i) {
            const auto& record = batch.records[i];
            received_.push_back({{record.stream.data, record.stream.size},
                                 {record.text.data, record.text.size},
                                 record.sequence,
                                 record.level,
                                 record.time_ns});
        }
        hangs = order.kind == Order::Kind::hang;
        return outcome;
    }

    std::vector<Received> received() const {
        const std::lock_guard lock(mutex_);
        return received_;
    }
    std::vector<std::string> texts() const {
        std::vector<std::string> all;
        for (const auto& one : received()) all.push_back(one.text);
        return all;
    }
    std::size_t writes() const {
        const std::lock_guard lock(mutex_);
        return writes_;
    }

    cmw_log_limits limits;
    std::atomic<int> instances{0};    ///< Made so far.
    std::atomic<int> refused{0};      ///< So many instances cannot be made.
    std::atomic<int> hanging{0};      ///< Writes that hang now.
    std::atomic<bool> release{false}; ///< Lets writes go that hang.

  private:
    Script script_;
    mutable std::mutex mutex_;
    std::vector<Received> received_;
    std::size_t writes_ = 0;
};

class FakeBackend final : public plugin_host::LogBackend {
  public:
    explicit FakeBackend(Sink& sink) : sink_(sink), limits_(sink.limits) {}
    const cmw_log_limits& limits() const override { return limits_; }
    plugin_host::WriteOutcome write(const cmw_log_batch& batch, const plugin_host::Call&) override {
        bool hangs = false;
        auto outcome = sink_.write(batch, hangs);
        if (hangs) { // Neither heeds the cancelling nor its deadline.
            ++sink_.hanging;
            while (!sink_.release) std::this_thread::sleep_for(1ms);
            --sink_.hanging;
        }
        return outcome;
    }

  private:
    Sink& sink_;
    cmw_log_limits limits_;
};

inline plugin_host::LogBackendFactory Sink::factory() {
    return [this]()
               -> tl::expected<std::unique_ptr<plugin_host::LogBackend>, plugin_host::Failure> {
        if (refused > 0) {
            --refused;
            return tl::unexpected(plugin_host::Failure{CMW_AGAIN, "cannot be made: refused", {}});
        }
        ++instances;
        return std::make_unique<FakeBackend>(*this);
    };
}

inline config::StreamSettings stream(std::string name, std::string path,
                                     std::vector<std::string> to, std::string event = "line") {
    config::StreamSettings settings;
    settings.name = std::move(name);
    settings.path = std::move(path);
    for (auto& instance : to) settings.to.push_back({std::move(instance), {}, {}});
    settings.event = std::move(event);
    return settings;
}

} // namespace cmw::logs::test
