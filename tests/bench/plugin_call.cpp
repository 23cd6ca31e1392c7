// SPDX-License-Identifier: Apache-2.0
// What it costs to call a plugin through the host, beside the plugin's own work: the function
// itself, the same guarded, and a whole round through an instance's worker and the loop.
#include "plugin_host/instance.hpp"

#include <cmw/abi/log_backend.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

using namespace cmw;
using namespace cmw::plugin_host;

namespace {

cmw_status work(void*, const cmw_call*, const cmw_log_batch*, std::size_t* delivered,
                cmw_error*) noexcept {
    *delivered = 1;
    return CMW_OK;
}
constexpr cmw_log_backend_ops ops{sizeof(cmw_log_backend_ops), &work, nullptr};

/// Nanoseconds for one of `count` rounds.
template <class Round>
double cost(int count, Round round) {
    const auto begin = base::monotonic_now();
    for (int i = 0; i < count; ++i) round();
    const std::chrono::duration<double, std::nano> spent = base::monotonic_now() - begin;
    return spent.count() / count;
}

} // namespace

int main() {
    cmw_plugin table{};
    table.struct_size = sizeof table;
    table.create = [](const cmw_host*, const cmw_config*, void**, cmw_error*) noexcept {
        return cmw_status{CMW_OK};
    };
    table.destroy = [](void*) noexcept {};
    table.ops = &ops;
    Plugin plugin;
    plugin.table = &table;

    auto folder = (std::filesystem::temp_directory_path() / "cmw-bench-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return 1;
    config::InstanceSettings settings;
    settings.kind = "log-backend";
    settings.name = "bench";
    const auto loop = base::EventLoop::create();
    if (!loop) return 1;

    // Read through a volatile, so that the compiler knows neither the table nor the function.
    const cmw_log_backend_ops* volatile hidden = &ops;
    std::size_t delivered = 0;
    const Call call(base::Monotonic::max());
    const auto direct =
        cost(1'000'000, [&] { hidden->write(nullptr, &call.get(), nullptr, &delivered, nullptr); });
    const auto guarded = cost(1'000'000, [&] {
        std::ignore = guarded_call([&](cmw_error* error) {
            return may_throw(hidden->write)(nullptr, &call.get(), nullptr, &delivered, error);
        });
    });
    double round = 0;
    {
        Instance instance(**loop, plugin, settings, {"bench/1", folder, {}});
        round = cost(10'000, [&] {
            bool ended = false;
            instance.call(
                base::Nanoseconds::max(),
                [](Session&, const cmw_call&) { return tl::expected<void, Failure>(); },
                [&](const auto&) { ended = true; });
            while (!ended) (*loop)->run_once(base::Nanoseconds::max());
        });
    }
    std::printf("{\"benchmark\": \"plugin_call\", \"direct_ns\": %.1f, \"guarded_ns\": %.1f, "
                "\"instance_round_ns\": %.0f}\n",
                direct, guarded, round);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    return 0;
}
