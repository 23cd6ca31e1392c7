// SPDX-License-Identifier: Apache-2.0
//
// What an operator asks of a service: start, stop, restart.
#include "reconcile/reconciler_impl.hpp"

namespace cmw::reconcile {

using base::Result;

namespace {

/// Remembers an order and who gave it; whether the service is wanted lasts over restarts.
ServiceWork& take_order(Board& board, const std::string& name, const std::string& order,
                        const std::string& who, bool wanted) {
    auto& work = board.services.at(name);
    board.remember({0, {}, "service", name, order, "", "", "", who});
    board.service(name).wanted = wanted;
    work.record.stopped_by_operator = !wanted;
    board.save_service(name);
    return work;
}

} // namespace

void Reconciler::start(const std::string& name, const std::string& who,
                       std::function<void(Result<>)> done) {
    take_order(*impl_->board, name, "start-ordered", who, true);
    impl_->start_now(name, std::move(done));
}

void Reconciler::restart(const std::string& name, const std::string& who,
                         std::function<void(Result<>)> done) {
    auto& facts = impl_->board->service(name);
    if (facts.busy)
        return done(base::fail("service." + name, "cannot restart it: it is being changed just now",
                               "try again in a moment"));
    facts.busy = true;
    auto& work = take_order(*impl_->board, name, "restart-ordered", who, true);
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
    take_order(*impl_->board, name, "stop-ordered", who, false).service->stop(std::move(done));
}

} // namespace cmw::reconcile
