// SPDX-License-Identifier: Apache-2.0
//
// reconcile/reconciler_impl.hpp - the reconciler's inside; for reconciler.cpp and orders.cpp.
#pragma once

#include "reconcile/board.hpp"

namespace cmw::reconcile {

struct Reconciler::Impl {
    std::shared_ptr<Board> board;
    std::map<std::string, ComponentView> views;
    std::map<std::string, plugin_host::Verdict> verdicts; ///< The last of each source.
    bool begun = false;
    bool replan_posted = false;
    bool cleaned = false; ///< The store, since begin().
    base::EventLoop::Handle again;

    explicit Impl(Parts parts) : board(std::make_shared<Board>(std::move(parts))) {}

    void set_up_facts();
    base::Result<> load();
    base::Result<> load_seed();
    void adopt_all();
    void replan_soon(const std::weak_ptr<Impl>& self);
    void replan();
    bool all_is_known() const;
    void carry_out(const Step& step);
    void start_service(const Step& step);
    void leave(const Step& step);
    void start_now(const std::string& name, std::function<void(base::Result<>)> done);
    void refresh_services();
    void on_event(const std::string& name, const supervisor::ServiceEvent& event);
    void save_running(const std::string& name, std::int64_t pid);
};

} // namespace cmw::reconcile
