// SPDX-License-Identifier: Apache-2.0
//
// app/conversion_files.hpp - a converted configuration as files: the secrets, each of mode 0600 in a
// folder of mode 0700, then the configuration that names them. Blocking.
#pragma once

#include "legacy/conversion.hpp"

#include <sys/types.h>

namespace cmw::app {

/// What to do with a file that is there already and holds something else.
enum class Existing { keep, replace };

/// With Existing::keep nothing is written if any of the files is there and differs.
base::Problems write_conversion(const legacy::Conversion& conversion, const std::string& path,
                                mode_t mode, const std::string& secrets_folder, Existing existing);

/// The secrets alone.
base::Problems write_secrets(const legacy::Conversion& conversion,
                             const std::string& secrets_folder, Existing existing);

} // namespace cmw::app
