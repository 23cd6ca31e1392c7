// SPDX-License-Identifier: Apache-2.0
//
// fake_systemd.hpp - a bus with a systemd on it that does what the test says, on a Unix socket of the
// test: sd-bus's own server side, in a thread. It knows transient units, their jobs and signals, and
// answers what the plugin asks as systemd 252 was seen to. Source: org.freedesktop.systemd1(5).
#pragma once

#include "shared/unique_fd.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <systemd/sd-bus.h>
#include <thread>
#include <vector>

namespace cmw::test {

struct FakeUnit {
    std::string active = "active";
    std::string result = "success";
    std::string description;
    std::uint32_t job = 0;
    std::uint32_t main_pid = 4711;
    std::int32_t code = 0; ///< CLD_EXITED, CLD_KILLED ...
    std::int32_t status = 0;
};

class FakeSystemd {
  public:
    /// What becomes of the next starts.
    enum class Start {
        works,
        job_fails,     ///< The program cannot be executed.
        job_cancelled, ///< Somebody stopped the unit meanwhile.
        unanswered,
        no_end,         ///< The job is never told to be done.
        bus_ends,       ///< In place of an answer.
        bus_ends_later, ///< Before the job is told to be done.
    };

    explicit FakeSystemd(const std::string& path);
    ~FakeSystemd();
    FakeSystemd(const FakeSystemd&) = delete;
    FakeSystemd& operator=(const FakeSystemd&) = delete;

    std::string address() const { return "unix:path=" + path_; }
    void next_starts(Start how);
    /// The D-Bus error that method calls get from now on; "": none do.
    void refuse(const std::string& method, const std::string& error);
    /// Asked for properties it answers what is no list of properties.
    void answer_nonsense();

    void put(const std::string& name, const FakeUnit& unit); ///< Tells who listens.
    void remove(const std::string& name);                    ///< And tells nobody.
    std::optional<FakeUnit> unit(const std::string& name) const;
    void end_connections(); ///< As a bus does that is restarted.

    /// "KillUnit test-node.service all 9": what was asked, in order; without what a bus is asked.
    std::vector<std::string> asked() const;
    bool was_asked(const std::string& begin) const;

  private:
    struct BusDeleter {
        void operator()(sd_bus* bus) const noexcept { sd_bus_close_unref(bus); }
    };
    using Bus = std::unique_ptr<sd_bus, BusDeleter>;

    void serve();
    void accept();
    void wake() const;
    static int on_message(sd_bus_message* message, void* self, sd_bus_error* error);
    int answer(sd_bus_message* message);
    int answer_bus(sd_bus_message* message, const std::string& member);
    int answer_unit(sd_bus_message* message, const std::string& member);
    int start(sd_bus_message* message);
    int properties(sd_bus_message* message);
    void finish_jobs();
    void tell_changed(const std::string& name);
    void tell_job(std::uint32_t job, const std::string& unit, const std::string& result);

    std::string path_;
    shared::UniqueFd listener_;
    shared::UniqueFd wake_;
    mutable std::mutex mutex_; // All below.
    std::map<std::string, FakeUnit> units_;
    std::vector<std::string> asked_;
    std::map<std::string, std::string> refusals_;
    Start start_ = Start::works;
    bool nonsense_ = false;
    bool ending_ = false;
    bool end_connections_ = false;
    std::vector<std::string> changed_; ///< Units of which it is still to be told.
    struct Job {
        std::uint32_t number;
        std::string unit;
        std::string result;
    };
    std::vector<Job> done_; ///< Still to be told.
    std::uint32_t last_job_ = 0;
    std::vector<Bus> buses_; ///< The thread's alone.
    /// Those that said Hello: a client takes nothing before its answer.
    std::vector<sd_bus*> greeted_;
    std::thread thread_;
};

} // namespace cmw::test
