// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/log_backend.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace cmw::plugin_host {

namespace {

constexpr std::uint32_t max_in_flight = 32;
constexpr std::int64_t max_linger_ns = std::int64_t{3600} * 1'000'000'000;

constexpr cmw_log_limits no_limits{sizeof(cmw_log_limits),
                                   std::numeric_limits<std::uint32_t>::max(),
                                   std::numeric_limits<std::uint64_t>::max(),
                                   0,
                                   std::numeric_limits<std::uint32_t>::max(),
                                   0,
                                   1,
                                   0};

/// Limits that every record can be cut to: a batch holds at least one record of one byte.
cmw_log_limits made_sane(cmw_log_limits limits) {
    limits.struct_size = sizeof limits;
    limits.records = std::max<std::uint32_t>(limits.records, 1);
    limits.bytes = std::max(limits.bytes, std::uint64_t{limits.overhead_bytes} + 1);
    limits.record_bytes = std::max<std::uint32_t>(limits.record_bytes, 1);
    limits.record_bytes = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(limits.record_bytes, limits.bytes - limits.overhead_bytes));
    limits.linger_ns = std::clamp<std::int64_t>(limits.linger_ns, 0, max_linger_ns);
    limits.in_flight = std::clamp<std::uint32_t>(limits.in_flight, 1, max_in_flight);
    return limits;
}

class Adapter final : public LogBackend {
  public:
    Adapter(std::unique_ptr<Session> session, const cmw_log_limits& limits)
        : session_(std::move(session)), limits_(limits) {}

    const cmw_log_limits& limits() const override { return limits_; }

    WriteOutcome write(const cmw_log_batch& batch, const Call& call) override {
        const auto& ops = session_->ops<cmw_log_backend_ops>();
        std::size_t delivered = 0;
        std::size_t rejected = 0;
        auto asked = batch;
        asked.rejected = &rejected;
        const auto result = guarded_call([&](cmw_error* error) {
            return may_throw(ops.write)(session_->handle(), &call.get(), &asked, &delivered, error);
        });
        if (result) return {batch.count, std::nullopt, std::min(rejected, batch.count)};
        if (delivered <= batch.count)
            return {delivered, result.error(), std::min(rejected, delivered)};
        return {0,
                Failure{CMW_INVALID,
                        fmt::format("cannot rely on the plugin: it says that it delivered {} of "
                                    "{} records: {}",
                                    delivered, batch.count, result.error().text),
                        {}},
                0};
    }

  private:
    std::unique_ptr<Session> session_;
    cmw_log_limits limits_;
};

tl::expected<std::unique_ptr<LogBackend>, Failure>
make(const Plugin& plugin, const config::InstanceSettings& settings, const HostContext& host) {
    auto session =
        Session::create(plugin, settings.kind + "." + settings.name, settings.options, host);
    if (!session) return tl::unexpected(session.error());
    auto limits = no_limits;
    const auto& ops = (*session)->ops<cmw_log_backend_ops>();
    const auto asked = guarded_call([&](cmw_error*) -> cmw_status {
        if (ops.limits != nullptr) may_throw(ops.limits)((*session)->handle(), &limits);
        return CMW_OK;
    });
    if (!asked) return tl::unexpected(asked.error());
    return std::make_unique<Adapter>(std::move(*session), made_sane(limits));
}

} // namespace

LogBackendFactory make_log_backend_factory(const Plugin& plugin,
                                           const config::InstanceSettings& settings,
                                           const HostContext& host) {
    return [&plugin, settings, host] { return make(plugin, settings, host); };
}

} // namespace cmw::plugin_host
