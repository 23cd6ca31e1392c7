// SPDX-License-Identifier: Apache-2.0
//
// container/definition.hpp - what a use of the runner says, as the engine wants it. Source: the
// Docker Engine API, POST /containers/create. Pure.
#pragma once

#include "state.hpp"
#include "use_settings.hpp"

namespace cmw::container {

/// A container to be made.
struct Definition {
    std::string image;
    std::string owner; ///< See label::owner.
    const cmw_program* program = nullptr;
};

/// The request as JSON. Throws Error(CMW_CONFIG) that names what the engine could not take.
std::string print_definition(const Definition& definition, const UseSettings& use);

/// Throws as print_definition(), without a program.
void check_definition(const UseSettings& use);

/// "cmix-wrapper" and "node" as "cmix-wrapper-node". Throws Error(CMW_CONFIG) for a name that an
/// engine does not take.
std::string container_name(const std::string& prefix, const std::string& service);

} // namespace cmw::container
