/* SPDX-License-Identifier: Apache-2.0
 *
 * cmw/abi/binary_source.h - brings the bytes of an artifact. It is not trusted with them: the host
 * stores them, checks the digest and decides.
 */
#ifndef CMW_ABI_BINARY_SOURCE_H
#define CMW_ABI_BINARY_SOURCE_H

#include <cmw/abi/artifact.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CMW_KIND_BINARY_SOURCE "binary-source/1"

#define CMW_SIZE_UNKNOWN       UINT64_MAX

/* Where a source writes the bytes, in order, in pieces of any size. */
typedef struct cmw_writer {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    uint64_t offset;   /* Bytes that the host kept from a try that broke off; 0: none. */

    /* Say once, before the first write, at which byte the writes start (0, or `offset` by a source
     * that can resume) and how large the whole artifact is, or CMW_SIZE_UNKNOWN. Without it: 0 and
     * unknown. A status other than CMW_OK means stop: return it unchanged (too large). */
    cmw_status (*begin)(const struct cmw_writer* writer, uint64_t offset, uint64_t total,
                        cmw_error* error) CMW_NOEXCEPT;

    /* A status other than CMW_OK means stop: return it unchanged (disk full, too large). */
    cmw_status (*write)(const struct cmw_writer* writer, const void* data, size_t size,
                        cmw_error* error) CMW_NOEXCEPT;
} cmw_writer;

typedef struct cmw_binary_source_ops {
    uint32_t struct_size;

    /* Write all of the artifact; CMW_NOT_FOUND sends the host to its next source. */
    cmw_status (*fetch)(void* instance, const cmw_call* call, const cmw_config* use,
                        const cmw_artifact* artifact, const cmw_writer* writer, cmw_error* error)
        CMW_NOEXCEPT;
} cmw_binary_source_ops;

#ifdef __cplusplus
}
#endif

#endif
