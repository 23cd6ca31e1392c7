// SPDX-License-Identifier: Apache-2.0
//
// base/cancel.hpp - breaks off work that blocks on another thread, which polls its descriptor.
#pragma once

#include "base/unique_fd.hpp"

namespace cmw::base {

class Cancel {
  public:
    Cancel();
    void cancel() noexcept; ///< [any thread]
    /// Readable once cancelled; -1 if the machine has no descriptor left: a time limit must do.
    int fd() const noexcept { return event_.get(); }

  private:
    UniqueFd event_;
};

} // namespace cmw::base
