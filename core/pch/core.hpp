// SPDX-License-Identifier: Apache-2.0
// Precompiled for the core and its tests: what nearly every file includes and rarely changes.
// A guard, not the pragma: a precompiled header is compiled as a main file.
#ifndef CMW_CORE_PCH_CORE_HPP
#define CMW_CORE_PCH_CORE_HPP

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>

#endif
