// SPDX-License-Identifier: Apache-2.0
//
// app/status_view.hpp - the status as people see it. Pure.
#pragma once

#include "control/status.hpp"

namespace cmw::app {

/// Tables of consensus, components, services, plugins and logs; those that are empty are left out.
std::string render(const control::Status& status, base::UnixTime now, bool colours);

/// "[#####.....] 50% of 27 MiB", or "12 MiB" where the total is not known.
std::string progress_bar(const control::ComponentStatus::Progress& progress);

/// "41s", "12m", "3h12m", "5d3h": the two largest units.
std::string rough_duration(double seconds);

} // namespace cmw::app
