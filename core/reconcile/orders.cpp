// SPDX-License-Identifier: Apache-2.0
//
// What an operator asks of a service: start, stop, restart.
#include "reconcile/reconciler_impl.hpp"

namespace cmw::reconcile {

using base::Result;

void Reconciler::start(const std::string& name, const std::string& who,
                       std::function<void(Result<>)> done) {
    auto& board = *impl_->board;
    auto& facts = board.service(name);
    auto& work = board.services.at(name);
    board.remember({0, {}, "service", name, "start-ordered", "", "", who});
    facts.wanted = true;
    work.record.stopped_by_operator = false;
    board.save_service(name);
    impl_->start_now(name, std::move(done));
}

void Reconciler::restart(const std::string& name, const std::string& who,
                         std::function<void(Result<>)> done) {
    auto& board = *impl_->board;
    auto& facts = board.service(name);
    if (facts.busy)
        return done(base::fail("service." + name, "cannot restart it: it is being changed just now",
                               "try again in a moment"));
    board.remember({0, {}, "service", name, "restart-ordered", "", "", who});
    facts.wanted = true;
    facts.busy = true;
    auto& work = board.services.at(name);
    work.record.stopped_by_operator = false;
    board.save_service(name);
    work.service->stop([self = std::weak_ptr(impl_), name, done](const Result<>& stopped) {
        const auto impl = self.lock();
        if (!impl) return;
        impl->board->service(name).busy = false;
        impl->board->replan();
        if (!stopped) return done(stopped);
        impl->start_now(name, done);
    });
}

void Reconciler::stop(const std::string& name, const std::string& who,
                      std::function<void(Result<>)> done) {
    auto& board = *impl_->board;
    auto& facts = board.service(name);
    auto& work = board.services.at(name);
    board.remember({0, {}, "service", name, "stop-ordered", "", "", who});
    facts.wanted = false;
    work.record.stopped_by_operator = true;
    board.save_service(name);
    work.service->stop(std::move(done));
}

} // namespace cmw::reconcile
