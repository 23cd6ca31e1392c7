/* SPDX-License-Identifier: Apache-2.0
 *
 * cmw/abi/retry.h - the host's service "retry/1": an instance that had to fail a call because
 * something was not there yet watches for it, and says when to ask again. Without it the host asks
 * again after pauses that grow to minutes.
 */
#ifndef CMW_ABI_RETRY_H
#define CMW_ABI_RETRY_H

#include <cmw/abi/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CMW_SERVICE_RETRY "retry/1"

typedef struct cmw_retry {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */

    /* What a call of this instance could not get may be there now: the host repeats, soon, a call
     * that failed and is still of use. Never blocks, and may come too often. Heard today from
     * binary sources. [any thread] */
    void (*now)(const struct cmw_retry* retry) CMW_NOEXCEPT;
} cmw_retry;

#ifdef __cplusplus
}
#endif

#endif
