// SPDX-License-Identifier: Apache-2.0
//
// process-runner "systemd": programs as transient units of systemd.
#include "runner.hpp"

CMW_PLUGINS(cmw::systemd::Runner)
