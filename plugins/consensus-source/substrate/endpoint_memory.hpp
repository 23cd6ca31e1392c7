// SPDX-License-Identifier: Apache-2.0
//
// substrate/endpoint_memory.hpp - which of several endpoints is to be tried first. Outlives an
// instance of the plugin, because the host makes a new one after each failure; not the host.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace cmw::substrate {

/// By the list of endpoints. Safe from any thread.
class EndpointMemory {
  public:
    static EndpointMemory& instance() {
        static EndpointMemory memory;
        return memory;
    }

    std::size_t first(const std::vector<std::string>& endpoints) {
        const std::lock_guard lock(mutex_);
        const auto found = first_.find(endpoints);
        return found != first_.end() ? found->second : 0;
    }
    void worked(const std::vector<std::string>& endpoints, std::size_t which) {
        const std::lock_guard lock(mutex_);
        first_[endpoints] = which;
    }
    void failed(const std::vector<std::string>& endpoints, std::size_t which) {
        worked(endpoints, (which + 1) % endpoints.size());
    }

  private:
    std::mutex mutex_;
    std::map<std::vector<std::string>, std::size_t> first_;
};

} // namespace cmw::substrate
