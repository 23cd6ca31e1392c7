/* SPDX-License-Identifier: Apache-2.0
 *
 * cmw/abi/identity.h - the host's service "identity/1": who this node is, from the file that
 * [identity] names. The network's own software writes that file, maybe long after the host began,
 * so it is read anew at each call.
 */
#ifndef CMW_ABI_IDENTITY_H
#define CMW_ABI_IDENTITY_H

#include <cmw/abi/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CMW_SERVICE_IDENTITY "identity/1"

typedef struct cmw_identity {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */

    /* Copy a text of the file's JSON object ("id", "hexNodeID") and its NUL into `buffer`.
     * CMW_AGAIN: the file is not there yet. CMW_NOT_FOUND: it has no such text, or one that is
     * longer than `capacity`. CMW_CONFIG: no [identity] is configured. CMW_INVALID: the file is no
     * JSON object. [any thread] */
    cmw_status (*read)(const struct cmw_identity* identity, const char* field, char* buffer,
                       size_t capacity, cmw_error* error) CMW_NOEXCEPT;
} cmw_identity;

#ifdef __cplusplus
}
#endif

#endif
