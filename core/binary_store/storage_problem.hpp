// SPDX-License-Identifier: Apache-2.0
//
// binary_store/storage_problem.hpp - what a failing disk, a full one and a missing right look like
// to an operator.
#pragma once

#include "base/problem.hpp"

namespace cmw::binary_store {

/// As base::system_problem, with what to do about it where the error tells.
base::Problem storage_problem(const std::string& path, std::string_view verb, int error_number);

/// Fails if `folder` has no room for `bytes` more.
base::Result<> check_room(const std::string& folder, std::uint64_t bytes);

/// Where the file system of an absolute path is mounted; the path need not exist yet.
std::string mount_point_of(const std::string& path);

/// The folder of an absolute path.
std::string folder_of(const std::string& path);

} // namespace cmw::binary_store
