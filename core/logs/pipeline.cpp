// SPDX-License-Identifier: Apache-2.0
#include "logs/pipeline.hpp"

#include "base/system.hpp"
#include "logs/own_log.hpp"
#include "logs/shipper.hpp"

#include <algorithm>

namespace cmw::logs {

struct Pipeline::Impl {
    Options options;
    std::shared_ptr<Watchdog> watchdog = std::make_shared<Watchdog>();
    std::shared_ptr<DiskBounds> bounds = std::make_shared<DiskBounds>();
    std::map<std::string, std::unique_ptr<Shipper>> shippers; ///< By backend.

    void log(std::uint32_t level, const std::string& line) const {
        if (options.log) options.log(level, line);
    }
    void start(const std::vector<config::StreamSettings>& streams, Backend backend);
    void add(std::vector<StreamUse>& uses, StreamUse use, bool from_end) const;
    std::function<std::shared_ptr<DiskBound>(const std::string&)>
    bound_of(const config::StreamSettings& stream) const;
};

Pipeline::Pipeline(Options options, const std::vector<config::StreamSettings>& streams,
                   std::vector<Backend> backends)
    : impl_(std::make_unique<Impl>()) {
    impl_->options = std::move(options);
    const auto folder = impl_->options.state_dir + "/cursors";
    if (const auto made = base::sys::make_folders(folder, 0700); !made)
        impl_->log(CMW_LEVEL_ERROR,
                   base::to_string(base::system_problem(folder, "make the folder", made.error())));
    for (auto& backend : backends) impl_->start(streams, std::move(backend));
}

void Pipeline::Impl::start(const std::vector<config::StreamSettings>& streams, Backend backend) {
    DeliverySetup setup;
    for (const auto& stream : streams) {
        const auto use = std::ranges::find(stream.to, backend.name, &config::UseSettings::instance);
        if (use == stream.to.end()) continue;
        auto rules = RecordRules::parse(stream);
        if (!rules) { // The configuration was checked; and what cannot be redacted must not leave.
            log(CMW_LEVEL_ERROR, "log." + stream.name + ": " + base::to_string(rules.error()));
            continue;
        }
        StreamUse made;
        made.stream = stream.name;
        made.path = stream.path;
        made.cursor_path = options.state_dir + "/cursors/" + stream.name + "." + backend.name;
        made.use = std::make_shared<const plugin_host::ConfigTable>(use->options);
        made.rules = std::make_shared<const RecordRules>(std::move(*rules));
        made.min_level = use->min_level.empty() ? 0 : parse_level(use->min_level);
        if (use->rate_limit > 0) made.rate = std::make_shared<RateLimit>(use->rate_limit);
        if (stream.max_size > 0) made.disk_of = bound_of(stream);
        add(setup.streams, std::move(made), stream.from_end);
    }
    if (setup.streams.empty()) return;
    const auto name = backend.name;
    setup.backend = std::move(backend);
    setup.log = [log = options.log](std::uint32_t level, const std::string& line) {
        if (log) log(level, line);
    };
    setup.board = std::make_shared<Board>();
    setup.watchdog = watchdog;
    auto shipper = Shipper::start(std::move(setup));
    if (shipper)
        shippers.emplace(name, std::move(*shipper));
    else
        log(CMW_LEVEL_ERROR, base::to_string(shipper.error()));
}

/// Begins what was never seen now, before any backend is asked, so that it is found however long
/// that takes.
void Pipeline::Impl::add(std::vector<StreamUse>& uses, StreamUse use, bool from_end) const {
    std::vector<StreamUse> files;
    if (use.is_wildcard()) {
        use.cursor_path += ".files";
        const bool seen = base::sys::stat(use.cursor_path).has_value();
        if (const auto made = base::sys::make_folders(use.cursor_path, 0700); !made)
            log(CMW_LEVEL_ERROR, base::to_string(base::system_problem(
                                     use.cursor_path, "make the folder", made.error())));
        files = files_of(use, {});
        uses.push_back(std::move(use));
        from_end = from_end && !seen; // A file that is new in a stream that was seen is all new.
    } else {
        if (use.disk_of) use.disk = use.disk_of(use.path);
        files.push_back(std::move(use));
    }
    for (auto& file : files) {
        if (const auto begun = begin(file, from_end); !begun)
            log(CMW_LEVEL_ERROR, "log." + file.stream + ": " + base::to_string(begun.error()));
        uses.push_back(std::move(file));
    }
}

/// The bound of a file of the stream, the same for all backends.
std::function<std::shared_ptr<DiskBound>(const std::string&)>
Pipeline::Impl::bound_of(const config::StreamSettings& stream) const {
    const DiskLimits limits{static_cast<std::uint64_t>(stream.max_size),
                            static_cast<std::uint64_t>(config::keep_of(stream)),
                            stream.drop_oldest};
    std::vector<std::string> backends;
    for (const auto& use : stream.to) backends.push_back(use.instance);
    const auto say = [log = options.log](std::uint32_t level, const std::string& line) {
        if (log) log(level, line);
    };
    return [bounds = bounds, limits, backends, say](const std::string& path) {
        return bounds->of(path, limits, backends, say);
    };
}

Pipeline::~Pipeline() {
    const auto until = base::monotonic_now() + impl_->options.flush_patience;
    for (const auto& [name, shipper] : impl_->shippers) shipper->stop_by(until);
    for (const auto& [name, shipper] : impl_->shippers) shipper->wait_for_end();
    impl_->watchdog->end();
}

std::map<std::string, StreamStatus> Pipeline::streams() const {
    std::map<std::string, StreamStatus> all;
    for (const auto& [name, shipper] : impl_->shippers) {
        for (auto& [stream, delivered] : shipper->streams()) {
            auto& shown = all[stream];
            shown.read_bytes = std::max(shown.read_bytes, delivered.read_bytes);
            shown.to[name] = delivered.status;
        }
    }
    return all;
}

std::map<std::string, plugin_host::InstanceStatus> Pipeline::backends() const {
    std::map<std::string, plugin_host::InstanceStatus> all;
    for (const auto& [name, shipper] : impl_->shippers) all[name] = shipper->instance();
    return all;
}

} // namespace cmw::logs
