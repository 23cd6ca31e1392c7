// SPDX-License-Identifier: Apache-2.0
//
// binary_store/notes.hpp - small files "<digest>.<what>" in a folder of the store; for members.cpp
// and uses.cpp.
#pragma once

#include "base/digest.hpp"

namespace cmw::binary_store {

/// The names in the folder; none if there is no folder yet.
base::Result<std::vector<std::string>> names_of_notes(const std::string& folder);

/// Drops all notes on `digest`.
base::Result<> forget_notes(const std::string& folder, const base::Digest& digest);

} // namespace cmw::binary_store
