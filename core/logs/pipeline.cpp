// SPDX-License-Identifier: Apache-2.0
#include "logs/pipeline.hpp"

#include "base/system.hpp"
#include "logs/shipper.hpp"

#include <algorithm>

namespace cmw::logs {

struct Pipeline::Impl {
    Options options;
    std::shared_ptr<Watchdog> watchdog = std::make_shared<Watchdog>();
    std::map<std::string, std::shared_ptr<Shipper>> shippers; ///< By backend.

    void log(std::uint32_t level, const std::string& line) const {
        if (options.log) options.log(level, line);
    }
    void start(const std::vector<config::StreamSettings>& streams, Backend backend);
};

namespace {

/// A stream never seen begins with the file that is there now, or with the first that comes: noted
/// here, before any backend is asked, so that it is found however long that takes.
base::Result<> begin(const StreamUse& use) {
    auto file = CursorFile::open(use.cursor_path);
    if (!file) return base::fail(file.error());
    if (file->cursor()) return {};
    // File systems take their time from a clock that may be a tick behind.
    constexpr base::Nanoseconds tick = std::chrono::milliseconds(10);
    Cursor start;
    start.fingerprint = Fingerprint::of({});
    start.modified_ns = (base::unix_now() - tick).time_since_epoch().count();
    if (const auto live = base::sys::stat(use.path)) {
        start.inode = file_id(*live).inode;
        start.modified_ns = modified_ns(*live);
    }
    return file->save(start);
}

} // namespace

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
        setup.streams.push_back({stream.name, stream.path,
                                 options.state_dir + "/cursors/" + stream.name + "." + backend.name,
                                 std::make_shared<const plugin_host::ConfigTable>(use->options),
                                 std::make_shared<const RecordRules>(std::move(*rules))});
        if (const auto begun = begin(setup.streams.back()); !begun)
            log(CMW_LEVEL_ERROR, "log." + stream.name + ": " + base::to_string(begun.error()));
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

Pipeline::~Pipeline() {
    const auto until = base::monotonic_now() + impl_->options.flush_patience;
    for (const auto& [name, shipper] : impl_->shippers) shipper->stop_by(until);
    for (const auto& [name, shipper] : impl_->shippers) shipper->wait_for_end();
    impl_->watchdog->end();
}

std::map<std::string, StreamStatus> Pipeline::streams() const {
    std::map<std::string, StreamStatus> all;
    for (const auto& [name, shipper] : impl_->shippers) {
        for (std::size_t i = 0; i < shipper->streams().size(); ++i) {
            auto& shown = all[shipper->streams()[i].stream];
            shown.read_bytes = std::max(shown.read_bytes, shipper->read_bytes(i));
            shown.to[name] = shipper->delivery(i);
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
