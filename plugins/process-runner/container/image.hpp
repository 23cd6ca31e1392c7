// SPDX-License-Identifier: Apache-2.0
//
// container/image.hpp - which image a container is made of, and that it is there.
#pragma once

#include "engine.hpp"
#include "use_settings.hpp"

namespace cmw::container {

/// The image's name, by digest but where a tag is allowed. Reads the manifest if there is to be
/// one. Throws Error: CMW_CONFIG for a name that is none or a tag that is not allowed.
std::string image_of(const UseSettings& use);

/// Throws as image_of(), without reading a manifest.
void check_image(const UseSettings& use);

/// Sees to it that the engine has the image. Throws Error: CMW_NOT_FOUND if it has not and may not
/// or cannot fetch it.
void need_image(const Call& call, Engine& engine, const std::string& image, bool pull);

/// What POST /images/create is asked with: "?fromImage=NAME&tag=TAG-OR-DIGEST".
std::string pull_query(const std::string& image);

/// Why fetching failed, by what the engine told of it, a JSON object a line; "" if it did not.
std::string pull_failure(const std::string& progress);

} // namespace cmw::container
