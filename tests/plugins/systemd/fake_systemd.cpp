// SPDX-License-Identifier: Apache-2.0
#include "fake_systemd.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace cmw::test {

namespace {

constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager = "org.freedesktop.systemd1.Manager";
constexpr const char* no_such_unit = "org.freedesktop.systemd1.NoSuchUnit";

std::string path_of_unit(const std::string& name) {
    char* made = nullptr;
    sd_bus_path_encode("/org/freedesktop/systemd1/unit", name.c_str(), &made);
    const std::unique_ptr<char, decltype(&std::free)> owned(made, &std::free);
    return made == nullptr ? "" : made;
}
std::string unit_at(const char* path) {
    char* name = nullptr;
    if (sd_bus_path_decode(path, "/org/freedesktop/systemd1/unit", &name) <= 0) return "";
    const std::unique_ptr<char, decltype(&std::free)> owned(name, &std::free);
    return name;
}
std::string path_of_job(std::uint32_t number) {
    return "/org/freedesktop/systemd1/job/" + std::to_string(number);
}

/// A signal comes from whoever owns the name on a bus.
void send_signal(sd_bus* bus, sd_bus_message* signal) {
    sd_bus_message_set_sender(signal, ":1.0");
    sd_bus_send(bus, signal, nullptr);
}

int refuse_with(sd_bus_message* message, const std::string& error) {
    return sd_bus_reply_method_errorf(message, error.c_str(), "the fake says %s", error.c_str());
}

std::string description_in(sd_bus_message* message) {
    std::string description;
    sd_bus_message_enter_container(message, 'a', "(sv)");
    while (sd_bus_message_enter_container(message, 'r', "sv") > 0) {
        const char* name = nullptr;
        sd_bus_message_read(message, "s", &name);
        const char* value = nullptr;
        if (std::string_view(name) == "Description")
            sd_bus_message_read(message, "v", "s", &value);
        else
            sd_bus_message_skip(message, "v");
        if (value != nullptr) description = value;
        sd_bus_message_exit_container(message);
    }
    return description;
}

} // namespace

FakeSystemd::FakeSystemd(const std::string& path)
    : path_(path),
      listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    thread_ = std::thread([this] { serve(); });
}

FakeSystemd::~FakeSystemd() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake();
    thread_.join();
}

void FakeSystemd::wake() const {
    ::eventfd_write(wake_.get(), 1);
}

void FakeSystemd::next_starts(Start how) {
    const std::lock_guard lock(mutex_);
    start_ = how;
}
void FakeSystemd::refuse(const std::string& method, const std::string& error) {
    const std::lock_guard lock(mutex_);
    refusals_[method] = error;
}
void FakeSystemd::answer_nonsense() {
    const std::lock_guard lock(mutex_);
    nonsense_ = true;
}
void FakeSystemd::put(const std::string& name, const FakeUnit& unit) {
    {
        const std::lock_guard lock(mutex_);
        units_[name] = unit;
        changed_.push_back(name);
    }
    wake();
}
void FakeSystemd::remove(const std::string& name) {
    const std::lock_guard lock(mutex_);
    units_.erase(name);
}
std::optional<FakeUnit> FakeSystemd::unit(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = units_.find(name);
    return found == units_.end() ? std::nullopt : std::optional(found->second);
}
void FakeSystemd::end_connections() {
    {
        const std::lock_guard lock(mutex_);
        end_connections_ = true;
    }
    wake();
}
std::vector<std::string> FakeSystemd::asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
}
bool FakeSystemd::was_asked(const std::string& begin) const {
    return std::ranges::any_of(asked(), [&](const auto& one) { return one.starts_with(begin); });
}

void FakeSystemd::serve() {
    while (true) {
        for (const auto& bus : buses_)
            while (sd_bus_process(bus.get(), nullptr) > 0) {
            }
        std::unique_lock lock(mutex_);
        if (ending_) return buses_.clear();
        finish_jobs();
        for (const auto& name : std::exchange(changed_, {})) tell_changed(name);
        if (std::exchange(end_connections_, false)) buses_.clear();
        std::erase_if(buses_, [](const Bus& bus) { return sd_bus_is_open(bus.get()) <= 0; });
        std::erase_if(greeted_, [&](sd_bus* bus) {
            return std::ranges::find(buses_, bus, &Bus::get) == buses_.end();
        });
        std::vector<pollfd> fds{{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
        for (const auto& bus : buses_)
            fds.push_back(
                {sd_bus_get_fd(bus.get()), static_cast<short>(sd_bus_get_events(bus.get())), 0});
        lock.unlock();
        (void)::poll(fds.data(), fds.size(), 100); // A bus may have what it read already.
        lock.lock();
        eventfd_t count = 0;
        (void)::eventfd_read(wake_.get(), &count);
        if (fds[0].revents != 0) accept();
    }
}

void FakeSystemd::accept() {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    sd_bus* made = nullptr;
    sd_id128_t id;
    if (sd_bus_new(&made) < 0) {
        ::close(fd);
        return;
    }
    Bus bus(made);
    const bool good = sd_bus_set_fd(made, fd, fd) >= 0 && sd_id128_randomize(&id) >= 0 &&
                      sd_bus_set_server(made, 1, id) >= 0 && sd_bus_set_anonymous(made, 1) >= 0 &&
                      sd_bus_add_filter(made, nullptr, &on_message, this) >= 0 &&
                      sd_bus_start(made) >= 0;
    if (good) buses_.push_back(std::move(bus));
}

int FakeSystemd::on_message(sd_bus_message* message, void* self, sd_bus_error*) {
    if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0) return 0;
    auto* fake = static_cast<FakeSystemd*>(self);
    const std::lock_guard lock(fake->mutex_);
    return fake->answer(message) < 0 ? 0 : 1;
}

int FakeSystemd::answer(sd_bus_message* message) {
    const std::string member = sd_bus_message_get_member(message);
    if (std::string_view(sd_bus_message_get_path(message)) == "/org/freedesktop/DBus")
        return answer_bus(message, member);
    const auto refused = refusals_.find(member);
    if (refused != refusals_.end() && !refused->second.empty()) {
        asked_.push_back(member);
        return refuse_with(message, refused->second);
    }
    if (member == "GetAll") return properties(message);
    if (member == "StartTransientUnit") return start(message);
    if (member == "Subscribe") return sd_bus_reply_method_return(message, nullptr);
    return answer_unit(message, member);
}

int FakeSystemd::answer_bus(sd_bus_message* message, const std::string& member) {
    if (member == "Hello") {
        greeted_.push_back(sd_bus_message_get_bus(message));
        return sd_bus_reply_method_return(message, "s", ":1.1");
    }
    return sd_bus_reply_method_return(message, nullptr); // AddMatch, RemoveMatch.
}

int FakeSystemd::answer_unit(sd_bus_message* message, const std::string& member) {
    const char* name = nullptr;
    sd_bus_message_read(message, "s", &name);
    auto line = member + " " + name;
    const auto found = units_.find(name);
    int signal = 0;
    if (member == "KillUnit") {
        const char* who = nullptr;
        sd_bus_message_read(message, "si", &who, &signal);
        line += std::string(" ") + who + " " + std::to_string(signal);
    }
    asked_.push_back(line);
    if (found == units_.end()) return refuse_with(message, no_such_unit);
    if (member == "GetUnit")
        return sd_bus_reply_method_return(message, "o", path_of_unit(name).c_str());
    if (member == "StopUnit")
        return sd_bus_reply_method_return(message, "o", path_of_job(++last_job_).c_str());
    if (member == "KillUnit") {
        auto& unit = found->second;
        unit.active = "failed";
        unit.result = "signal";
        unit.main_pid = 0;
        unit.code = CLD_KILLED;
        unit.status = signal;
        changed_.emplace_back(name);
    }
    // Let go of, one that has ended is forgotten.
    if (member == "UnrefUnit" && found->second.active != "active") units_.erase(found);
    return sd_bus_reply_method_return(message, nullptr);
}

int FakeSystemd::start(sd_bus_message* message) {
    const char* name = nullptr;
    sd_bus_message_read(message, "ss", &name, nullptr);
    asked_.push_back(std::string("StartTransientUnit ") + name);
    if (start_ == Start::unanswered) return 0;
    if (start_ == Start::bus_ends) {
        end_connections_ = true;
        return 0;
    }
    FakeUnit unit;
    unit.description = description_in(message);
    const auto number = ++last_job_;
    if (start_ == Start::job_fails) {
        unit.active = "failed";
        unit.result = "exit-code";
        unit.main_pid = 0;
        unit.status = 203; // EXEC
        done_.push_back({number, name, "failed"});
    } else if (start_ == Start::job_cancelled) {
        unit.active = "inactive";
        unit.main_pid = 0;
        done_.push_back({number, name, "canceled"});
    } else if (start_ == Start::works) {
        done_.push_back({number, name, "done"});
    } else if (start_ == Start::bus_ends_later) {
        end_connections_ = true;
    }
    units_[name] = unit;
    return sd_bus_reply_method_return(message, "o", path_of_job(number).c_str());
}

int FakeSystemd::properties(sd_bus_message* message) {
    const auto found = units_.find(unit_at(sd_bus_message_get_path(message)));
    if (nonsense_) return sd_bus_reply_method_return(message, "a{sv}", 1, "ActiveState", "u", 7u);
    if (found == units_.end()) return refuse_with(message, no_such_unit);
    const auto& unit = found->second;
    return sd_bus_reply_method_return(
        message, "a{sv}", 8, "ActiveState", "s", unit.active.c_str(), "Result", "s",
        unit.result.c_str(), "Description", "s", unit.description.c_str(), "Job", "(uo)", unit.job,
        path_of_job(unit.job).c_str(), "MainPID", "u", unit.main_pid, "ExecMainCode", "i",
        unit.code, "ExecMainStatus", "i", unit.status, "Names", "as", 1, "x.service");
}

void FakeSystemd::finish_jobs() {
    for (const auto& job : std::exchange(done_, {})) {
        tell_changed(job.unit);
        tell_job(job.number, job.unit, job.result);
    }
}

void FakeSystemd::tell_job(std::uint32_t job, const std::string& unit, const std::string& result) {
    for (auto* bus : greeted_) {
        sd_bus_message* made = nullptr;
        if (sd_bus_message_new_signal(bus, &made, manager_path, manager, "JobRemoved") < 0)
            continue;
        sd_bus_message_append(made, "uoss", job, path_of_job(job).c_str(), unit.c_str(),
                              result.c_str());
        send_signal(bus, made);
        sd_bus_message_unref(made);
    }
}

void FakeSystemd::tell_changed(const std::string& name) {
    for (auto* bus : greeted_) {
        sd_bus_message* made = nullptr;
        if (sd_bus_message_new_signal(bus, &made, path_of_unit(name).c_str(),
                                      "org.freedesktop.DBus.Properties", "PropertiesChanged") < 0)
            continue;
        sd_bus_message_append(made, "sa{sv}as", "org.freedesktop.systemd1.Unit", 0, 0);
        send_signal(bus, made);
        sd_bus_message_unref(made);
    }
}

} // namespace cmw::test
