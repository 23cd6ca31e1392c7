// SPDX-License-Identifier: Apache-2.0
#include "logs/window.hpp"

#include <algorithm>
#include <utility>

namespace cmw::logs {

bool Window::waits() const {
    return std::ranges::any_of(sent_, &Sent::waits);
}

const Window::Sent& Window::take() {
    auto& taken = *std::ranges::find_if(sent_, &Sent::waits);
    taken.busy = true;
    return taken;
}

Window::Moved Window::written(const Batch& batch, std::size_t count, std::size_t rejected) {
    const auto found =
        std::ranges::find(sent_, &batch, [](const Sent& one) { return one.batch.get(); });
    if (found == sent_.end()) return {};
    found->busy = false;
    found->delivered = std::min(found->delivered + count, batch.records.size());
    found->rejected += std::min(rejected, count);

    Moved moved;
    while (!sent_.empty()) {
        auto& oldest = sent_.front();
        moved.records += oldest.delivered - counted_;
        moved.rejected += std::exchange(oldest.rejected, 0);
        if (!oldest.done()) {
            if (oldest.delivered > counted_)
                moved.to = oldest.batch->records[oldest.delivered].sequence;
            counted_ = oldest.delivered;
            break;
        }
        moved.to = oldest.batch->end;
        counted_ = 0;
        sent_.pop_front();
    }
    return moved;
}

} // namespace cmw::logs
