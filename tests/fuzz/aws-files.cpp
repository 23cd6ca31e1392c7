// SPDX-License-Identifier: Apache-2.0
//
// The files of the AWS command line, and the JSON in which a role's credentials come.
#include "shared/aws_profile.hpp"
#include "shared/aws_role.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cmw::shared;
    const std::string text(reinterpret_cast<const char*>(data), size);
    parse_aws_profiles(text, AwsFile::credentials);
    parse_aws_profiles(text, AwsFile::config);
    try {
        parse_role_credentials(text);
    } catch (const cmw::Error&) {
    }
    return 0;
}
