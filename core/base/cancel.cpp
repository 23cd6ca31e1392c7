// SPDX-License-Identifier: Apache-2.0
#include "base/cancel.hpp"

#include "base/system.hpp"

#include <sys/eventfd.h>

namespace cmw::base {

Cancel::Cancel() {
    if (auto event = sys::event()) event_ = std::move(*event);
}

void Cancel::cancel() noexcept {
    if (event_) ::eventfd_write(event_.get(), 1);
}

} // namespace cmw::base
