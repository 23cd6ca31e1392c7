// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/session.hpp"

#include "base/system.hpp"
#include "plugin_host/shown_text.hpp"

#include <array>
#include <limits>
#include <sys/eventfd.h>

namespace cmw::plugin_host {

struct Call::Table {
    cmw_call call{}; ///< First, so that a cmw_call* is a Table*.
    std::atomic<bool> cancelled{false};
    base::UniqueFd event;
};

namespace {

std::int64_t now_ns() noexcept {
    return std::chrono::nanoseconds(base::monotonic_now().time_since_epoch()).count();
}

/// Makes the event descriptor readable; it cannot fail while its counter is this low.
void set(const base::UniqueFd& event) noexcept {
    ::eventfd_write(event.get(), 1);
}

/// What a plugin said of a failure, with suspicion.
Failure failure_of(cmw_status status, cmw_error& error, std::string_view text) {
    Failure failure;
    failure.status = status > CMW_OK && status <= CMW_FAILED ? status : cmw_status{CMW_FAILED};
    failure.text = fit_to_show(text);
    if (failure.text.empty())
        failure.text = "cannot tell why: the plugin gave no reason (" +
                       std::string(name(failure.status)) + ")";
    if (error.retry_after_ns > 0) failure.retry_after = base::Nanoseconds(error.retry_after_ns);
    return failure;
}

} // namespace

Call::Call(base::Monotonic deadline) : table_(std::make_unique<Table>()) {
    const bool limited = deadline != base::Monotonic::max();
    table_->call.struct_size = sizeof(cmw_call);
    table_->call.deadline_ns = limited
                                   ? std::chrono::nanoseconds(deadline.time_since_epoch()).count()
                                   : std::numeric_limits<std::int64_t>::max();
    table_->call.cancelled = [](const cmw_call* call) noexcept -> std::int32_t {
        const auto* table = reinterpret_cast<const Table*>(call);
        return table->cancelled.load(std::memory_order_acquire) || now_ns() >= call->deadline_ns;
    };
    // Readable for ever: for calls that cannot get a descriptor of their own.
    static const auto readable = base::sys::event().map([](base::UniqueFd event) {
        set(event);
        return event;
    });
    if (auto event = base::sys::event()) {
        table_->event = std::move(*event);
        table_->call.cancel_fd = table_->event.get();
    } else {
        table_->cancelled = true;
        table_->call.cancel_fd = readable ? readable->get() : -1;
    }
}
Call::~Call() = default;

void Call::cancel() noexcept {
    if (table_->cancelled.exchange(true, std::memory_order_acq_rel)) return;
    set(table_->event);
}

bool Call::cancelled() const noexcept {
    return table_->call.cancelled(&table_->call) != 0;
}

const cmw_call& Call::get() const noexcept {
    return table_->call;
}

tl::expected<void, Failure> guarded_call(const std::function<cmw_status(cmw_error*)>& work) {
    std::array<char, 1024> text{};
    cmw_error error{sizeof(cmw_error), text.size(), text.data(), 0};
    try {
        const auto status = work(&error);
        if (status == CMW_OK) return {};
        text.back() = '\0';
        return tl::unexpected(failure_of(status, error, text.data()));
    } catch (const std::exception& thrown) {
        return tl::unexpected(failure_of(
            CMW_FAILED, error,
            std::string("cannot go on: the plugin threw an exception: ") + thrown.what()));
    } catch (...) {
        return tl::unexpected(
            failure_of(CMW_FAILED, error, "cannot go on: the plugin threw an exception"));
    }
}

tl::expected<void, Failure> validate(const Plugin& plugin, const config::OptionValues& options,
                                     const config::OptionValues* use) {
    if (plugin.table->validate == nullptr) return {};
    const ConfigTable config(options);
    const ConfigTable use_config(use != nullptr ? *use : config::OptionValues{});
    return guarded_call([&](cmw_error* error) {
        return may_throw(plugin.table->validate)(
            &config.get(), use != nullptr ? &use_config.get() : nullptr, error);
    });
}

} // namespace cmw::plugin_host
