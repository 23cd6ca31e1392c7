// SPDX-License-Identifier: Apache-2.0
// A writer numbers its lines; what reaches the backend is counted against them.
#include "logs/pipeline.hpp"

#include "support/temporary_folder.hpp"
#include "unit/logs/fake_backend.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <random>
#include <set>
#include <sys/wait.h>

using namespace cmw::logs;
using namespace cmw::logs::test;
namespace fs = std::filesystem;

namespace {

/// Writes "line 17 ..." and rotates as rotators do: descriptors are switched after the rename.
class Writer {
  public:
    Writer(std::string path, int keep) : path_(std::move(path)), keep_(keep) { open(); }
    ~Writer() { ::close(fd_); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void write(int lines) {
        std::string text;
        for (int i = 0; i < lines; ++i)
            text += "line " + std::to_string(next++) + " with some more text in it\n";
        REQUIRE(::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    void rename() {
        for (int i = keep_; i > 1; --i) {
            std::error_code none;
            fs::rename(path_ + "." + std::to_string(i - 1), path_ + "." + std::to_string(i), none);
        }
        fs::rename(path_, path_ + ".1");
    }
    void reopen() {
        ::close(fd_);
        open();
    }

    int next = 0;

  private:
    void open() {
        fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        REQUIRE(fd_ >= 0);
    }

    std::string path_;
    int keep_;
    int fd_ = -1;
};

int number_in(const std::string& text) {
    return std::atoi(text.c_str() + 5);
}

/// Every number up to `count` came, each for the first time in order; returns how many came again.
int check_ledger(const std::vector<std::string>& texts, int count) {
    int next = 0;
    int again = 0;
    for (const auto& text : texts) {
        const int number = number_in(text);
        if (number > next) {
            FAIL_CHECK("missing: line " << next << " before line " << number);
            next = number;
        }
        if (number < next)
            ++again;
        else
            ++next;
    }
    CHECK(next == count);
    return again;
}

int different(const std::vector<std::string>& texts) {
    std::set<int> numbers;
    for (const auto& text : texts) numbers.insert(number_in(text));
    return static_cast<int>(numbers.size());
}

std::unique_ptr<Pipeline> start(const std::string& state_dir, const std::string& log,
                                Pipeline::Backend backend) {
    Pipeline::Options options;
    options.state_dir = state_dir;
    const auto name = backend.name;
    std::vector<Pipeline::Backend> backends;
    backends.push_back(std::move(backend));
    return std::make_unique<Pipeline>(std::move(options), std::vector{stream("a", log, {name})},
                                      std::move(backends));
}

} // namespace

TEST_CASE("ledger: rotation by rename at full speed, with a backend that fails now and then") {
    const cmw::test::TemporaryFolder folder;
    const auto log = folder / "a.log";
    auto limits = no_limits();
    limits.records = 500;
    Sink sink(
        [](std::size_t number, const cmw_log_batch& batch) {
            if (number == 3) return Order{Order::Kind::fail, 0};
            if (number == 5) return Order{Order::Kind::partly, batch.count / 3};
            return Order{};
        },
        limits);
    const auto pipeline = start(folder / "state", log, sink.backend("b"));
    Writer writer(log, 100);
    std::minstd_rand random(25);
    for (int round = 0; round < 60; ++round) {
        for (int i = 0; i < 20; ++i) writer.write(static_cast<int>(random() % 50));
        writer.rename();
        writer.write(5); // Before it notices.
        writer.reopen();
    }
    writer.write(1);
    CHECK(eventually([&] {
        const auto all = sink.received();
        return !all.empty() && number_in(all.back().text) == writer.next - 1;
    }));
    CHECK(check_ledger(sink.texts(), writer.next) ==
          0); // The fake takes nothing of a failed batch.
}

TEST_CASE("ledger: seven rotations while the backend, and then the host, is away") {
    const cmw::test::TemporaryFolder folder;
    const auto log = folder / "a.log";
    std::atomic<bool> away{false};
    Sink sink([&](std::size_t, const cmw_log_batch&) {
        return away ? Order{Order::Kind::fail, 0} : Order{};
    });
    Writer writer(log, 20);
    const auto rotate_seven_times = [&] {
        for (int i = 0; i < 7; ++i) {
            writer.rename();
            writer.reopen();
            writer.write(1000);
        }
    };
    const auto all_arrived = [&] {
        return eventually(
            [&] { return sink.received().size() == static_cast<std::size_t>(writer.next); });
    };
    writer.write(100);
    auto pipeline = start(folder / "state", log, sink.backend("b"));
    CHECK(all_arrived());
    away = true;
    rotate_seven_times();
    CHECK(eventually([&] { return pipeline->streams()["a"].to["b"].pending_bytes > 7'000; }));
    away = false;
    CHECK(all_arrived());

    pipeline.reset();
    rotate_seven_times();
    pipeline = start(folder / "state", log, sink.backend("b"));
    CHECK(all_arrived());
    CHECK(check_ledger(sink.texts(), writer.next) == 0);
}

TEST_CASE("ledger: truncation in place, when all before it was shipped") {
    const cmw::test::TemporaryFolder folder;
    const auto log = folder / "a.log";
    Sink sink;
    const auto pipeline = start(folder / "state", log, sink.backend("b"));
    Writer writer(log, 1);
    for (int round = 0; round < 20; ++round) {
        writer.write(100);
        REQUIRE(eventually(
            [&] { return sink.received().size() == static_cast<std::size_t>(writer.next); }));
        fs::resize_file(log, 0);
    }
    CHECK(check_ledger(sink.texts(), writer.next) == 0);
}

namespace {

/// Appends each record to a file, and says that it is safe when it is: a ledger that outlives us.
class LedgerBackend final : public cmw::plugin_host::LogBackend {
  public:
    LedgerBackend(const std::string& path, std::uint32_t in_flight)
        : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
        limits_.records = batch_records;
        limits_.in_flight = in_flight;
    }
    ~LedgerBackend() override { ::close(fd_); }
    const cmw_log_limits& limits() const override { return limits_; }
    cmw::plugin_host::WriteOutcome write(const cmw_log_batch& batch,
                                         const cmw::plugin_host::Call&) override {
        std::string text;
        for (std::size_t i = 0; i < batch.count; ++i)
            text.append(batch.records[i].text.data, batch.records[i].text.size) += '\n';
        if (::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(1);
        return {batch.count, std::nullopt};
    }

  private:
    int fd_;
    cmw_log_limits limits_ = no_limits();

  public:
    static constexpr std::uint32_t batch_records = 50;
};

/// A host in a process of its own; returns its pid.
pid_t start_host(const std::string& state_dir, const std::string& log, const std::string& ledger,
                 std::uint32_t in_flight) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    Pipeline::Backend backend;
    backend.name = "b";
    backend.factory = [&] { return std::make_unique<LedgerBackend>(ledger, in_flight); };
    const auto pipeline = start(state_dir, log, std::move(backend));
    while (true) ::pause();
}

} // namespace

TEST_CASE("ledger: kill -9 at random moments, with rotation") {
    std::uint32_t in_flight = 0;
    SUBCASE("one batch after the other") {
        in_flight = 1;
    }
    SUBCASE("several on their way") {
        in_flight = 4;
    }
    const cmw::test::TemporaryFolder folder;
    const auto log = folder / "a.log";
    const auto ledger = folder / "ledger";
    Writer writer(log, 1000);
    std::minstd_rand random(9);
    constexpr int kills = 20;
    Sink none; // A stream begins with what is there when it is first seen: nothing, here.
    start(folder / "state", log, none.backend("b")).reset();
    const auto lines = [&] {
        std::vector<std::string> all;
        std::ifstream in(ledger);
        for (std::string line; std::getline(in, line);) all.push_back(line);
        return all;
    };
    for (int kill = 0; kill <= kills; ++kill) {
        const auto pid = start_host(folder / "state", log, ledger, in_flight);
        REQUIRE(pid > 0);
        const auto bursts = random() % 10;
        for (unsigned i = 0; i < bursts; ++i) {
            writer.write(static_cast<int>(random() % 300));
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
            if (random() % 4 == 0) {
                writer.rename();
                writer.reopen();
            }
        }
        if (kill == kills) {
            writer.write(1);
            CHECK(eventually([&] {
                const auto all = lines();
                return std::ranges::any_of(
                           all,
                           [&](const auto& line) { return number_in(line) == writer.next - 1; }) &&
                       (in_flight == 1 || different(all) == writer.next);
            }));
        }
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    const auto all = lines();
    const int again = in_flight == 1 ? check_ledger(all, writer.next)
                                     : static_cast<int>(all.size()) - writer.next;
    CHECK(different(all) == writer.next);
    CHECK(again <= kills * static_cast<int>(in_flight * LedgerBackend::batch_records));
    MESSAGE("lines: " << writer.next << ", sent again: " << again);
}
