// SPDX-License-Identifier: Apache-2.0
//
// cosmos/plan_info.hpp - finds what a plan names for this machine, be it in the plan or behind a URL.
#pragma once

#include "consensus-source/cosmos/binary.hpp"
#include "consensus-source/cosmos/download.hpp"

#include <map>

namespace cmw::cosmos {

/// Remembers what it fetched. For one thread.
class PlanInfo {
  public:
    explicit PlanInfo(DownloadLimits limits) : limits_(std::move(limits)) {}

    /// Throws cmw::Error: CMW_INVALID if the plan names nothing that can be used, which does not
    /// change; anything else if it cannot be read now. A document behind a URL must have a checksum:
    /// without one the network did not approve what stands in it.
    Binary binary(const Call& call, const std::string& info);

  private:
    std::string document(const Call& call, const std::string& url) const;

    DownloadLimits limits_;
    std::map<std::string, std::string> documents_; ///< By URL.
};

} // namespace cmw::cosmos
