// SPDX-License-Identifier: Apache-2.0
//
// process-runner "container": programs in containers of Docker or Podman.
#include "runner.hpp"

CMW_PLUGINS(cmw::container::Runner)
