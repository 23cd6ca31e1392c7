// SPDX-License-Identifier: Apache-2.0
//
// The steps of a plan that start and stop a service, and what is kept of one that runs.
#include "reconcile/reconciler_impl.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>

namespace cmw::reconcile {

using base::Result;
using supervisor::ServiceEvent;

/// Until consensus wants it again; the operator's wish is another matter.
void Reconciler::Impl::leave(const Step& step) {
    board->service(step.service).busy = true;
    board->remember({0, {}, "service", step.service, "left", "", "", step.reason});
    board->log(CMW_LEVEL_WARN, fmt::format("service {} is stopped: {}", step.service, step.reason));
    board->services.at(step.service)
        .service->stop([weak = std::weak_ptr(board), name = step.service](const Result<>&) {
            const auto alive = Board::open(weak);
            if (!alive) return;
            alive->service(name).busy = false;
            alive->replan();
        });
}

void Reconciler::Impl::start_service(const Step& step) {
    auto& facts = board->service(step.service);
    auto& work = board->services.at(step.service);
    const auto before = work.record.runs_next;
    for (const auto& part : facts.components) {
        const auto& installed = board->component(part).installed;
        work.record.runs_next[part] = installed ? installed->name() : "";
    }
    if (work.record.runs_next != before) board->save_service(step.service);
    start_now(step.service, [](const Result<>&) {});
}

/// Which files it runs with is known when it has started: nothing is decided about it until then.
void Reconciler::Impl::start_now(const std::string& name, std::function<void(Result<>)> done) {
    board->service(name).busy = true;
    board->services.at(name).service->start(
        [weak = std::weak_ptr(board), name, done = std::move(done)](const Result<>& started) {
            if (const auto alive = Board::open(weak)) {
                alive->service(name).busy = false;
                alive->replan();
            }
            done(started);
        });
}

void Reconciler::Impl::save_running(const std::string& name, std::int64_t pid) {
    auto& facts = board->service(name);
    auto& record = board->services.at(name).record;
    facts.runs.clear();
    for (const auto& part : facts.components) {
        const auto& installed = board->component(part).installed;
        facts.runs[part] = installed;
        record.runs[part] = installed ? installed->name() : "";
        record.runs_next[part] = record.runs[part];
    }
    record.pid = pid;
    board->save_service(name);
}

void Reconciler::Impl::on_event(const std::string& name, const ServiceEvent& event) {
    const auto what = std::string(supervisor::name(event.what));
    const auto words = event.pid > 0 ? fmt::format("pid {}{}{}", event.pid,
                                                   event.detail.empty() ? "" : ", ", event.detail)
                                     : event.detail;
    if (event.what == ServiceEvent::What::started) save_running(name, event.pid);
    const bool bad = event.what != ServiceEvent::What::started &&
                     event.what != ServiceEvent::What::stopped &&
                     event.what != ServiceEvent::What::adopted;
    board->log(bad ? CMW_LEVEL_WARN : CMW_LEVEL_INFO,
               fmt::format("service {} {}: {}", name, what, words));
    board->remember({0, {}, "service", name, what, "", "", words});
}

} // namespace cmw::reconcile
