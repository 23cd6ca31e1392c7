// SPDX-License-Identifier: Apache-2.0
// Several batches on their way at once, over the whole pipeline.
#include "logs/pipeline.hpp"

#include "unit/logs/pipeline_fixture.hpp"

#include <map>
#include <set>

using namespace cmw::logs;
using namespace cmw::logs::test;

namespace {

constexpr int batch_records = 10;

/// Writes wait here until a test lets them go, by the number of their first record.
class Gates {
  public:
    enum class Way { shut, take, fail };

    explicit Gates(std::uint32_t in_flight) {
        limits.records = batch_records;
        limits.in_flight = in_flight;
    }

    ~Gates() { // Threads that were given up may be in here still.
        open_all();
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return waiting_.empty(); });
    }
    Gates(const Gates&) = delete;
    Gates& operator=(const Gates&) = delete;

    void set(int first, Way way) {
        const std::lock_guard lock(mutex_);
        ways_[first] = way;
        changed_.notify_all();
    }
    void open_all() {
        const std::lock_guard lock(mutex_);
        otherwise_ = Way::take;
        for (auto& [_, way] : ways_) way = Way::take;
        changed_.notify_all();
    }
    bool waits_for(const std::multiset<int>& firsts) const {
        const std::lock_guard lock(mutex_);
        return waiting_ == firsts;
    }
    std::multiset<int> taken() const { ///< Numbers of records.
        const std::lock_guard lock(mutex_);
        return taken_;
    }
    std::size_t writes() const {
        const std::lock_guard lock(mutex_);
        return writes_;
    }

    cmw::plugin_host::WriteOutcome write(const cmw_log_batch& batch) {
        std::vector<int> numbers;
        for (std::size_t i = 0; i < batch.count; ++i)
            numbers.push_back(
                std::stoi(std::string(batch.records[i].text.data, batch.records[i].text.size)));
        const int first = numbers.front();
        std::unique_lock lock(mutex_);
        ++writes_;
        const auto waits = waiting_.insert(first);
        changed_.wait(lock, [&] { return way(first) != Way::shut; });
        waiting_.erase(waits);
        changed_.notify_all();
        if (way(first) == Way::fail) {
            ways_[first] = Way::shut;
            return {0, cmw::plugin_host::Failure{CMW_FAILED, "cannot do it: the gate says so", {}}};
        }
        taken_.insert(numbers.begin(), numbers.end());
        return {batch.count, std::nullopt};
    }

    Pipeline::Backend backend(cmw::base::Nanoseconds deadline = 1h,
                              cmw::base::Nanoseconds grace = 5s);

    cmw_log_limits limits = no_limits();
    std::atomic<int> instances{0};

  private:
    Way way(int first) const {
        const auto found = ways_.find(first);
        return found == ways_.end() ? otherwise_ : found->second;
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<int, Way> ways_;
    Way otherwise_ = Way::shut;
    std::multiset<int> waiting_;
    std::multiset<int> taken_;
    std::size_t writes_ = 0;
};

class GatedBackend final : public cmw::plugin_host::LogBackend {
  public:
    explicit GatedBackend(Gates& gates) : gates_(gates) { ++gates.instances; }
    const cmw_log_limits& limits() const override { return gates_.limits; }
    cmw::plugin_host::WriteOutcome write(const cmw_log_batch& batch,
                                         const cmw::plugin_host::Call&) override {
        return gates_.write(batch);
    }

  private:
    Gates& gates_;
};

Pipeline::Backend Gates::backend(cmw::base::Nanoseconds deadline, cmw::base::Nanoseconds grace) {
    return {"b", [this] { return std::make_unique<GatedBackend>(*this); }, deadline, grace};
}

std::multiset<int> all_of(int count) {
    std::multiset<int> all;
    for (int i = 0; i < count; ++i) all.insert(i);
    return all;
}

DeliveryStatus shown(const Pipeline& pipeline) {
    return pipeline.streams()["a"].to["b"];
}

} // namespace

TEST_CASE("as many batches are on their way as the backend says, each with its own instance") {
    Fixture test;
    append(test.path, numbered(0, 60));
    Gates gates(3);
    const auto pipeline = test.start({gates.backend()});
    CHECK(eventually([&] { return gates.waits_for({0, 10, 20}); }));
    CHECK(gates.instances == 3);
    // Safe, but not before what is older: neither counted nor sent again, and no more goes.
    gates.set(10, Gates::Way::take);
    gates.set(20, Gates::Way::take);
    CHECK(eventually([&] { return gates.taken().size() == 20; }));
    CHECK(shown(*pipeline).delivered == 0);
    CHECK(gates.waits_for({0}));
    gates.set(0, Gates::Way::take);
    CHECK(eventually([&] { return shown(*pipeline).delivered == 30; }));
    CHECK(eventually([&] { return gates.waits_for({30, 40, 50}); }));
    gates.open_all();
    CHECK(eventually([&] { return shown(*pipeline).delivered == 60; }));
    CHECK(shown(*pipeline).pending_bytes == 0);
    CHECK(gates.taken() == all_of(60));
    CHECK(gates.writes() == 6);
    CHECK(gates.instances == 3);
}

TEST_CASE("a backend that says nothing gets one batch after the other, from one instance") {
    Fixture test;
    append(test.path, numbered(0, 40));
    Gates gates(0);
    const auto pipeline = test.start({gates.backend()});
    for (int first = 0; first < 40; first += batch_records) {
        CHECK(eventually([&] { return gates.waits_for({first}); }));
        gates.set(first, Gates::Way::take);
    }
    CHECK(eventually([&] { return shown(*pipeline).delivered == 40; }));
    CHECK(gates.instances == 1);
}

TEST_CASE("a batch in the middle that fails comes again, alone, from a new instance") {
    Fixture test;
    append(test.path, numbered(0, 60));
    Gates gates(3);
    const auto pipeline = test.start({gates.backend()});
    CHECK(eventually([&] { return gates.waits_for({0, 10, 20}); }));
    for (int i = 0; i < 3; ++i) {
        gates.set(10, Gates::Way::fail);
        CHECK(eventually([&] { return gates.writes() == static_cast<std::size_t>(4 + i); }));
        CHECK(eventually([&] { return gates.waits_for({0, 10, 20}); }));
    }
    CHECK(gates.instances == 6);
    CHECK(pipeline->backends()["b"].state ==
          cmw::plugin_host::InstanceStatus::State::reinitialising);
    CHECK(pipeline->backends()["b"].last_error == "cannot do it: the gate says so");
    gates.open_all();
    CHECK(eventually([&] { return shown(*pipeline).delivered == 60; }));
    CHECK(gates.taken() == all_of(60));
    CHECK(pipeline->backends()["b"].state == cmw::plugin_host::InstanceStatus::State::ok);
    CHECK(pipeline->backends()["b"].reinitialisations == 3);
}

TEST_CASE("a writer that hangs holds up none of the others") {
    Fixture test;
    append(test.path, numbered(0, 1000));
    Gates gates(3);
    gates.open_all();
    gates.set(10, Gates::Way::shut);
    const auto pipeline = test.start({gates.backend(100ms, 50ms)});
    CHECK(eventually([&] { return pipeline->backends()["b"].last_error != ""; }));
    gates.set(10, Gates::Way::take); // Now the one that was given up takes it, and the next one.
    CHECK(eventually([&] { return shown(*pipeline).delivered == 1000; }));
    CHECK(gates.taken().count(10) >= 2);
    const auto taken = gates.taken();
    CHECK(std::set<int>(taken.begin(), taken.end()).size() == 1000);
    CHECK(eventually([&] {
        return pipeline->backends()["b"].state == cmw::plugin_host::InstanceStatus::State::ok;
    }));
}

TEST_CASE("a stop waits for all that are on their way") {
    Fixture test;
    append(test.path, numbered(0, 60));
    Gates gates(3);
    auto pipeline = test.start({gates.backend()}, "line", 30s);
    CHECK(eventually([&] { return gates.waits_for({0, 10, 20}); }));
    std::thread stopper([&] { pipeline.reset(); });
    gates.set(20, Gates::Way::take);
    gates.set(10, Gates::Way::take);
    CHECK(eventually([&] { return gates.taken().size() == 20; }));
    gates.open_all();
    stopper.join();
    CHECK(gates.taken() == all_of(60));
    Gates next(3);
    next.open_all();
    pipeline = test.start({next.backend()});
    append(test.path, "60\n");
    CHECK(eventually([&] { return shown(*pipeline).delivered == 1; }));
    CHECK(next.taken() == std::multiset<int>{60});
}

TEST_CASE("a stop while one hangs ends, and what was not safe in order comes again") {
    Fixture test;
    append(test.path, numbered(0, 30));
    Gates gates(3);
    gates.open_all();
    gates.set(10, Gates::Way::shut);
    auto pipeline = test.start({gates.backend(1h, 10ms)}, "line", 10ms);
    CHECK(eventually([&] { return gates.taken().size() == 20; }));
    CHECK(eventually([&] { return shown(*pipeline).delivered == 10; }));
    pipeline.reset();
    Gates next(3);
    next.open_all();
    pipeline = test.start({next.backend()});
    CHECK(eventually([&] { return shown(*pipeline).delivered == 20; }));
    auto expected = all_of(30);
    for (int i = 0; i < 10; ++i) expected.erase(i);
    CHECK(next.taken() == expected);
    gates.open_all();
    CHECK(eventually([&] { return gates.taken().size() == 30; })); // The thread left behind.
}

TEST_CASE("a file is gone on from when all of it is safe") {
    Fixture test;
    append(test.path, numbered(0, 25));
    Gates gates(4);
    const auto pipeline = test.start({gates.backend()});
    CHECK(eventually([&] { return gates.waits_for({0, 10, 20}); }));
    std::filesystem::rename(test.path, test.path + ".1");
    append(test.path, numbered(25, 25));
    gates.set(20, Gates::Way::take);
    gates.set(10, Gates::Way::take);
    CHECK(eventually([&] { return gates.waits_for({0}); }));
    CHECK(shown(*pipeline).pending_bytes > 0);
    gates.set(0, Gates::Way::take);
    CHECK(eventually([&] { return gates.waits_for({25, 35, 45}); }));
    gates.open_all();
    CHECK(eventually([&] { return shown(*pipeline).delivered == 50; }));
    CHECK(gates.taken() == all_of(50));
}

TEST_CASE("no more is read than may be on its way, and a batch more") {
    Fixture test;
    append(test.path, numbered(100'000, 60'000)); // 7 bytes a line.
    Gates gates(3);
    const auto pipeline = test.start({gates.backend()});
    CHECK(eventually([&] { return gates.waits_for({100'000, 100'010, 100'020}); }));
    constexpr std::uint64_t read_at_once = 256 * 1024;
    for (int i = 0; i < 50; ++i) {
        CHECK(pipeline->streams()["a"].read_bytes <= 40 * 7 + read_at_once);
        std::this_thread::sleep_for(1ms);
    }
    gates.open_all();
    CHECK(eventually([&] { return shown(*pipeline).delivered > 10'000; }));
}
