// SPDX-License-Identifier: Apache-2.0
//
// What the operator's programs say before and after an upgrade: hooks and trial runs. The old
// program runs all the while.
#include "reconcile/activation.hpp"

#include <cmw/abi/plugin.h>
#include <fmt/format.h>

namespace cmw::reconcile {

using base::HelperEnd;
using base::Problem;

namespace {

constexpr const char* path_variable =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a program of the operator's wrote, into the host's log.
void log_output(const Board& board, const std::string& who, std::string_view output) {
    while (!output.empty()) {
        const auto end = output.find('\n');
        const auto line = base::last_line(output.substr(0, end), 1000);
        if (!line.empty()) board.log(CMW_LEVEL_INFO, who + ": " + line);
        output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    }
}

const std::optional<config::HookSettings>& settings_of(const config::ServiceSettings& service,
                                                       bool before) {
    return before ? service.before_upgrade : service.after_upgrade;
}

} // namespace

/// Those that had a file of the set before: a first installation is no upgrade.
Activation::Services Activation::services_upgraded() const {
    auto names = services_of_the_set();
    std::erase_if(names, [this](const auto& name) {
        return std::ranges::none_of(board_->service(name).components, [this](const auto& part) {
            const auto change = set_.find(part);
            return change != set_.end() && change->second.before;
        });
    });
    return names;
}

void Activation::run_hooks_before() {
    Services services;
    for (const auto& name : services_upgraded())
        if (board_->services.at(name).service->settings().before_upgrade) services.push_back(name);
    run_hook(services, 0, true, [self = shared_from_this()](const std::optional<Problem>& problem) {
        if (problem) return self->give_up(*problem);
        self->check_staged();
    });
}

base::Helper Activation::hook_of(const std::string& name, bool before) const {
    const auto& settings = board_->services.at(name).service->settings();
    const auto& hook = *settings_of(settings, before);
    std::string components;
    std::string from;
    std::string to;
    for (const auto& part : board_->service(name).components) {
        const auto change = set_.find(part);
        if (change == set_.end()) continue;
        const std::string_view blank = components.empty() ? "" : " ";
        const auto old = hex_of(change->second.before);
        components.append(blank).append(part);
        from.append(blank).append(old.empty() ? "-" : old);
        to.append(blank).append(change->second.after.hex());
    }
    base::Helper helper;
    helper.command = hook.exec;
    helper.timeout = hook.timeout;
    helper.environment = {path_variable,
                          fmt::format("CMIX_WRAPPER_HOOK={}-upgrade", before ? "before" : "after"),
                          "CMIX_WRAPPER_SERVICE=" + name,
                          "CMIX_WRAPPER_COMPONENT=" + components,
                          "CMIX_WRAPPER_FROM=" + from,
                          "CMIX_WRAPPER_TO=" + to};
    return helper;
}

/// One after the other, in the order of the services; the first that fails is the last.
void Activation::run_hook(const Services& services, std::size_t at, bool before, Next next) {
    if (at == services.size()) return next(std::nullopt);
    const auto& name = services[at];
    const auto who = fmt::format("{}-upgrade of service {}", before ? "before" : "after", name);
    board_->log(CMW_LEVEL_INFO, who + " begins");
    board_->run_helper(
        hook_of(name, before), [self = shared_from_this(), services, at, before, who,
                                next = std::move(next)](const HelperEnd& end) mutable {
            log_output(*self->board_, who, end.output);
            if (end.how == HelperEnd::How::cancelled)
                return; // The host ends; the next begins anew.
            if (end.how != HelperEnd::How::good)
                return next(Problem{who, "cannot be called done: " + end.why,
                                    before ? "the upgrade is tried again later" : ""});
            self->run_hook(services, at + 1, before, std::move(next));
        });
}

void Activation::run_probes() {
    Services components;
    for (const auto& [name, digest] : step_.changes)
        if (!board_->components.at(name).settings->probe.empty()) components.push_back(name);
    run_probe(components, 0);
}

/// The staged file is executed as the service would be: as its user and in its environment.
void Activation::run_probe(const Services& components, std::size_t at) {
    if (at == components.size()) return save_intent();
    const auto& name = components[at];
    const auto& work = board_->components.at(name);
    base::Helper helper;
    helper.command = {binary_store::staged_path(work.target)};
    helper.command.insert(helper.command.end(), work.settings->probe.begin(),
                          work.settings->probe.end());
    helper.timeout = work.settings->probe_timeout;
    helper.environment = {path_variable};
    for (const auto& user : services_of_the_set()) {
        const auto& settings = board_->services.at(user).service->settings();
        if (std::ranges::count(settings.components, name) == 0) continue;
        auto account = base::find_account(settings.user, settings.group);
        if (!account) return give_up(account.error());
        helper.account = std::move(*account);
        if (settings.environment.contains("PATH")) helper.environment.clear();
        for (const auto& [variable, value] : settings.environment)
            helper.environment.push_back(variable + "=" + value);
        break;
    }
    board_->run_helper(helper, [self = shared_from_this(), components, at](const HelperEnd& end) {
        const auto& component = components[at];
        log_output(*self->board_, "trial run of " + component, end.output);
        switch (end.how) {
        case HelperEnd::How::cancelled:
            return; // The host ends; the next begins anew.
        case HelperEnd::How::not_run:
            return self->give_up({self->board_->components.at(component).target.path,
                                  "cannot try the new file: " + end.why, "it is tried again"});
        case HelperEnd::How::bad:
            return self->refuse(component, end.why);
        case HelperEnd::How::good:
            self->probed_[component] =
                base::last_line(std::string_view(end.output).substr(0, end.output.find('\n')));
            self->run_probe(components, at + 1);
        }
    });
}

/// Nothing was stopped for it, and nothing will be. The files that were to come with it stay away
/// too: half of a set was never approved.
void Activation::refuse(const std::string& name, const std::string& why) {
    const auto failed = "its trial run failed: " + why;
    board_->log(CMW_LEVEL_ERROR, name + ": " + failed);
    quarantine_set();
    for (const auto& [member, change] : set_)
        tell(member, "quarantined",
             member == name ? failed : fmt::format("it was to come with {}: {}", name, failed));
    abandon();
}

} // namespace cmw::reconcile
