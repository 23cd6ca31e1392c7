// SPDX-License-Identifier: Apache-2.0
// Precompiled for the tests.
// A guard, not the pragma: a precompiled header is compiled as a main file.
#ifndef CMW_TESTS_SUPPORT_PCH_HPP
#define CMW_TESTS_SUPPORT_PCH_HPP

#include <doctest/doctest.h>

#include "../../core/pch/core.hpp"

#endif
