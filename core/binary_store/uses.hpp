// SPDX-License-Identifier: Apache-2.0
//
// binary_store/uses.hpp - which artifact was fetched or activated for which component, and when
// last: the modification time of an empty file.
//
//   artifacts/used/<digest>.<component>
//
// Nothing hangs on it but the order in which old artifacts go: it is not synced.
#pragma once

#include "base/clock.hpp"
#include "base/digest.hpp"

#include <map>

namespace cmw::binary_store {

class Uses {
  public:
    explicit Uses(std::string folder) : folder_(std::move(folder)) {}

    /// `digest` is used for `component`, now.
    base::Result<> note(const base::Digest& digest, const std::string& component) const;

    using Times = std::map<std::string, base::UnixTime>; ///< By component.
    base::Result<std::map<base::Digest, Times>> all() const;

    base::Result<> forget(const base::Digest& digest) const;

  private:
    std::string folder_;
};

} // namespace cmw::binary_store
