// SPDX-License-Identifier: Apache-2.0
//
// cmw/identity.hpp - who this node is, over cmw/abi/identity.h.
#pragma once

#include <cmw/abi/identity.h>
#include <cmw/host.hpp>

namespace [[gnu::visibility("hidden")]] cmw {

/// A text of the node's identity file, read now: "id", "hexNodeID". Throws Error with CMW_AGAIN if
/// the file is not there yet, CMW_CONFIG if none is configured, and as cmw/abi/identity.h says.
inline std::string read_identity(const Host& host, const char* field) {
    const auto* service = host.service<cmw_identity>(CMW_SERVICE_IDENTITY);
    if (service == nullptr)
        throw Error(CMW_UNSUPPORTED, "cannot tell who this node is: the host does not say");
    char value[512] = "";
    char text[512] = "";
    cmw_error error{sizeof(cmw_error), sizeof text, text, 0};
    const auto status = service->read(service, field, value, sizeof value, &error);
    if (status != CMW_OK) throw Error(status, text);
    return value;
}

} // namespace cmw
