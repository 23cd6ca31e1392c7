// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

CMW_PLUGINS(cmw::otlp::OtlpBackend)
