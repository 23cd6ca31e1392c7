// SPDX-License-Identifier: Apache-2.0
#include "base/system.hpp"
#include "supervisor/service_impl.hpp"

namespace cmw::supervisor {

namespace {

using Kind = Event::Kind;
using plugin_host::Failure;
using plugin_host::Process;
using plugin_host::StopHow;

} // namespace

void Service::Impl::look() {
    runner.adopt(settings.name, later([](Impl& self, const tl::expected<Process, Failure>& answer) {
                     if (answer) {
                         self.hold_program(*answer);
                         self.take_back();
                         return self.feed({Kind::found});
                     }
                     // A runner that cannot take programs back has left none behind.
                     const bool none =
                         answer.error().status == CMW_NOT_FOUND ||
                         (answer.error().status == CMW_UNSUPPORTED && !self.state.alive);
                     if (none) return self.feed({Kind::gone, "ended, its status unknown"});
                     self.feed({Kind::look_failed, answer.error().text});
                 }));
}

/// What is known of its start by other means.
void Service::Impl::take_back() {
    if (!recovered || state.alive) return;
    const auto age = base::sys::process_age(running->process().pid);
    recovered->resume(age.value_or(base::Nanoseconds::zero()));
}

void Service::Impl::verify() {
    const auto ticket = state.ticket;
    if (!hooks.verify) return feed({Kind::verified, {}, false, ticket});
    hooks.verify(later([ticket](Impl& self, const base::Result<>& result) {
        if (result) return self.feed({Kind::verified, {}, false, ticket});
        self.feed({Kind::refused, base::to_string(result.error()), false, ticket});
    }));
}

void Service::Impl::start() {
    if (settings.health && !settings.health->log.empty())
        output_at = {file_size(settings.output_path), file_size(settings.error_path)};
    if (recovered) recovered->begin();
    runner.start(
        program, later([](Impl& self, const tl::expected<Process, Failure>& answer) {
            if (answer) {
                self.hold_program(*answer);
                return self.feed({Kind::started});
            }
            // Not in time, or not in a way that makes sense: whether it runs is only known to the runner.
            const bool unknown =
                answer.error().status == CMW_CANCELLED || answer.error().status == CMW_INVALID;
            self.feed({unknown ? Kind::start_unknown : Kind::start_failed, answer.error().text});
        }));
}

void Service::Impl::stop(StopHow how) {
    running->stop(how, later([](Impl& self, const Failure& failure) {
                      self.feed({Kind::stop_failed, failure.text});
                  }));
}

// ---- The program -----------------------------------------------------------------------------

std::int64_t Service::Impl::pid() const {
    return state.alive ? running->process().pid : 0;
}

void Service::Impl::hold_program(const Process& process) {
    if (running && running->process().id == process.id) return running->told_again(process);
    running.reset();
    running = RunningProgram::watch(
        loop, runner, process,
        {later(
             [](Impl& self, const std::string& exit, bool success) { self.ended(exit, success); }),
         later([](Impl& self, const std::string& reason) { self.shown.reason = reason; })});
}

void Service::Impl::ended(std::string exit, bool success) {
    if (!state.alive) return;
    if (success && recovered && recovered->written()) {
        exit += ", after it wrote " + settings.recovered_error_file;
        success = false;
    }
    feed({Kind::ended, std::move(exit), success});
}

void Service::Impl::health_news(const HealthMonitor::News& news) {
    shown.health = news.failing ? "failing" : news.why.empty() ? "ok" : shown.health;
    shown.health_reason = news.why;
    if (news.failing) return feed({Kind::unhealthy, "it is unhealthy: " + news.why});
    tell();
}

void Service::Impl::watch_health() {
    std::shared_ptr<OutputPattern> pattern;
    if (!settings.health->log.empty()) {
        std::vector<OutputPattern::File> files;
        // One that was taken back has been seen to be well, unless output_since() says otherwise.
        if (!output_at) return static_cast<void>(shown.health = "ok");
        files.push_back({settings.output_path, output_at->first});
        if (settings.error_path != settings.output_path)
            files.push_back({settings.error_path, output_at->second});
        std::erase_if(files, [](const auto& file) { return file.path.empty(); });
        pattern = std::make_shared<OutputPattern>(settings.health->log, std::move(files));
    }
    health = std::make_unique<HealthMonitor>(
        loop, *settings.health,
        later([](Impl& self, const HealthMonitor::News& news) { self.health_news(news); }),
        std::move(pattern));
}

} // namespace cmw::supervisor
