// SPDX-License-Identifier: Apache-2.0
//
// substrate/portable_types.hpp - the registry of types in metadata of version 14 and 15.
//
// Source: the crate scale-info, its portable registry.
#pragma once

#include "consensus-source/substrate/layout.hpp"

#include <map>

namespace cmw::substrate {

/// The registry is walked once, and of each type only its place is kept: most are never needed.
/// What makes no sense throws cmw::Error(CMW_INVALID).
class PortableTypes {
  public:
    PortableTypes() = default;
    /// Reads from `in`, which walks over `metadata`; these are borrowed.
    PortableTypes(Bytes metadata, ScaleReader& in);

    /// `root` and all that it needs, numbered anew.
    Layout layout(std::uint32_t root) const;

    /// The type itself; what it refers to has the registry's numbers. Of bits, the type of their
    /// word is in `element`.
    Type type(std::uint32_t id) const;

  private:
    std::uint32_t width(std::uint32_t word) const;

    Bytes metadata_;
    std::map<std::uint32_t, std::size_t> places_;
};

} // namespace cmw::substrate
