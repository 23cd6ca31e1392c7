// SPDX-License-Identifier: Apache-2.0
#include "logs/shipper.hpp"

#include "base/system.hpp"
#include "base/text.hpp"
#include "base/worker.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>

namespace cmw::logs {

namespace {

/// For the file systems, after all calls into the plugin are over or given up.
constexpr base::Nanoseconds patience = std::chrono::seconds(5);

/// What of `stream` is on the disk and not confirmed, over all its generations.
std::uint64_t pending_bytes(const StreamBoard& stream) {
    const auto& use = stream.use;
    if (use.is_wildcard()) return 0;
    const auto live = base::sys::stat(use.path);
    if (!stream.file) { // Not begun: the cursor knows.
        const auto content = base::sys::read_file(use.cursor_path, 4096).value_or("");
        const auto saved = decode_cursor_file(content);
        const auto size = live ? static_cast<std::uint64_t>(live->st_size) : 0;
        const bool same = live && saved && file_id(*live).inode == saved->cursor.inode;
        return same ? size - std::min(size, saved->cursor.offset) : size;
    }
    const auto open = base::sys::fstat(stream.file->get());
    if (!open) return 0;
    const auto size = static_cast<std::uint64_t>(open->st_size);
    const auto pending = size - std::min(size, stream.confirmed);
    if (!live || file_id(*live) == stream.id) return pending;
    const auto generations = list_generations(use.path);
    if (!generations) return pending;
    return pending + unread_bytes(*stream.finished, *generations, stream.id);
}

} // namespace

base::Result<std::unique_ptr<Shipper>> Shipper::start(DeliverySetup setup) {
    auto wake = base::sys::event();
    if (!wake)
        return base::fail(base::system_problem("log-backend." + setup.backend.name,
                                               "make an event descriptor", wake.error()));
    std::unique_ptr<Shipper> shipper(new Shipper);
    shipper->setup_ = std::make_shared<DeliverySetup>(std::move(setup));
    auto& board = *shipper->setup_->board;
    board.wake = std::move(*wake);
    for (const auto& use : shipper->setup_->streams) board.streams.emplace_back().use = use;
    shipper->thread_ = std::make_unique<base::Worker>("logs-" + shipper->setup_->backend.name);
    shipper->thread_->post([setup = std::shared_ptr<const DeliverySetup>(shipper->setup_)] {
        Delivery(setup).run();
        const std::lock_guard lock(setup->board->mutex);
        setup->board->running = false;
        setup->board->changed.notify_all();
    });
    return shipper;
}

Shipper::~Shipper() = default;

void Shipper::stop_by(base::Monotonic at) {
    auto& board = *setup_->board;
    const std::lock_guard lock(board.mutex);
    board.stop_by = at;
    (void)::eventfd_write(board.wake.get(), 1);
}

void Shipper::wait_for_end() {
    auto& board = *setup_->board;
    {
        std::unique_lock lock(board.mutex);
        const auto until = *board.stop_by + setup_->backend.grace + patience;
        if (!board.changed.wait_until(lock, until, [&] { return !board.running; }))
            thread_->abandon();
    }
    thread_.reset(); // Joins, if it was not given up.
}

plugin_host::InstanceStatus Shipper::instance() const {
    const std::lock_guard lock(setup_->board->mutex);
    return setup_->board->instance;
}

std::map<std::string, Shipper::Delivered> Shipper::streams() const {
    std::deque<StreamBoard> files;
    {
        const std::lock_guard lock(setup_->board->mutex);
        files = setup_->board->streams;
    }
    std::map<std::string, Delivered> all;
    for (const auto& file : files) {
        auto& [read_bytes, status] = all[file.use.stream];
        read_bytes += file.read_bytes;
        status.delivered += file.delivered;
        status.rejected += file.rejected;
        status.dropped += file.dropped;
        status.dropped_bytes += file.dropped_bytes;
        status.pending_bytes += pending_bytes(file);
        if (!file.oldest) continue;
        const std::chrono::duration<double> age = base::monotonic_now() - *file.oldest;
        status.oldest_pending_s = std::max(status.oldest_pending_s, age.count());
    }
    return all;
}

} // namespace cmw::logs
