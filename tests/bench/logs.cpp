// SPDX-License-Identifier: Apache-2.0
//
// Lines through the log pipeline, 150 bytes each, from a file that is there: to a backend that
// takes all, and to the plugin "file". Lines a second, and processor seconds a million lines.
#include "logs/pipeline.hpp"
#include "plugin_host/catalog.hpp"
#include "support/temporary_folder.hpp"

#include <cstdio>
#include <sys/resource.h>
#include <thread>

using namespace cmw;

namespace {

constexpr std::uint64_t lines = 2'000'000;

class NullBackend final : public plugin_host::LogBackend {
  public:
    const cmw_log_limits& limits() const override { return limits_; }
    plugin_host::WriteOutcome write(const cmw_log_batch& batch, const plugin_host::Call&) override {
        return {batch.count, std::nullopt};
    }

  private:
    cmw_log_limits limits_{sizeof(cmw_log_limits), UINT32_MAX, UINT64_MAX, 0, UINT32_MAX, 0};
};

double processor_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

config::OptionValue value(config::OptionType type, decltype(config::OptionValue::value) held) {
    return {type, std::move(held), false, {}};
}

/// In the order of the plugin's declaration.
config::InstanceSettings file_settings(const std::string& path) {
    using Type = config::OptionType;
    config::InstanceSettings settings;
    settings.kind = "log-backend";
    settings.name = settings.plugin = "file";
    settings.options = {value(Type::path, path),
                        value(Type::size, std::int64_t{1} << 40),
                        value(Type::integer, std::int64_t{1}),
                        value(Type::boolean, std::int64_t{0}),
                        value(Type::string, std::string("raw")),
                        value(Type::string, std::string("0640"))};
    return settings;
}

void measure(const char* name, const test::TemporaryFolder& folder, const std::string& log,
             plugin_host::LogBackendFactory factory) {
    config::StreamSettings stream;
    stream.name = "bench";
    stream.path = log;
    stream.to.push_back({name, {}, {}});
    stream.event = "line";
    logs::Pipeline::Options options;
    options.state_dir = folder / "state";
    const auto processor = processor_seconds();
    const auto start = base::monotonic_now();
    logs::Pipeline pipeline(options, {stream}, {{name, std::move(factory)}});
    while (pipeline.streams()["bench"].to[name].delivered < lines)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const std::chrono::duration<double> taken = base::monotonic_now() - start;
    std::printf("{\"benchmark\":\"logs\",\"backend\":\"%s\",\"lines_per_s\":%.0f,"
                "\"cpu_s_per_million\":%.3f}\n",
                name, static_cast<double>(lines) / taken.count(),
                (processor_seconds() - processor) * 1e6 / static_cast<double>(lines));
}

} // namespace

int main() {
    const test::TemporaryFolder folder;
    const auto log = folder / "bench.log";
    {
        std::ofstream out(log, std::ios::binary);
        const std::string line = "INFO 2026-01-01 " + std::string(133, 'x') + '\n';
        for (std::uint64_t i = 0; i < lines; ++i) out << line;
    }
    measure("null", folder, log, [] { return std::make_unique<NullBackend>(); });

    const char* plugins = std::getenv("CMIX_WRAPPER_PLUGINS");
    if (plugins == nullptr) return 0;
    plugin_host::Catalog catalog({plugins});
    const auto plugin = catalog.find("log-backend", "file");
    if (!plugin) {
        std::fprintf(stderr, "%s\n", base::to_string(plugin.error()).c_str());
        return 1;
    }
    measure("file", folder, log,
            plugin_host::make_log_backend_factory(**plugin, file_settings(folder / "out.log"),
                                                  {"bench", folder.path().string(), {}}));
    return 0;
}
