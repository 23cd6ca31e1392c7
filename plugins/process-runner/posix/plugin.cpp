// SPDX-License-Identifier: Apache-2.0
//
// process-runner "posix": programs as processes of the host.
#include "runner.hpp"

CMW_PLUGINS(cmw::posix::Runner)
