/* SPDX-License-Identifier: Apache-2.0
 *
 * cmw/abi/log_backend.h - takes log records somewhere. The host reads them from the log file, keeps
 * a cursor of what this backend has confirmed, and cuts batches to the backend's limits; a backend
 * only delivers what it is given. When it fails, the host makes a new instance and gives it the
 * rest of the same records: no backend recovers by itself.
 */
#ifndef CMW_ABI_LOG_BACKEND_H
#define CMW_ABI_LOG_BACKEND_H

#include <cmw/abi/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CMW_KIND_LOG_BACKEND "log-backend/1"

typedef struct cmw_log_record {
    int64_t time_ns;   /* Since the Unix epoch. */
    uint64_t sequence; /* Grows within a stream, over restarts too: tells a repeat. */
    cmw_str stream;    /* Which log: "cmix", "chain", "cmw". */
    cmw_str text;      /* Without its line feed; may span lines and hold any bytes. */
    uint32_t level;    /* CMW_LEVEL_TRACE to CMW_LEVEL_FATAL. */
    uint32_t reserved; /* 0 */
} cmw_log_record;

typedef struct cmw_log_batch {
    uint32_t struct_size;
    uint32_t record_size; /* sizeof(cmw_log_record) in the host: the step between records. */
    size_t count;         /* At least 1; all of one stream. */
    const cmw_log_record* records;
    const cmw_config* use; /* The options of this stream's use of the backend. */

    /* Since minor 1 (CMW_HAS): how many of the records that count as delivered can never be taken
     * and were left out; 0 on entry, also read when write fails. Here, and not a service of the
     * host, because it is said of one write, as `delivered` is. */
    size_t* rejected;
} cmw_log_batch;

/* What one batch may hold. The host sets every limit to "none" (in_flight to 1) before it asks. */
typedef struct cmw_log_limits {
    uint32_t struct_size;
    uint32_t records; /* In a batch. */
    uint64_t bytes;   /* In a batch: text, plus overhead_bytes a record. */
    uint32_t overhead_bytes;
    uint32_t record_bytes; /* Of text in a record; the host splits longer ones. */
    int64_t linger_ns;     /* How long the host may wait for a batch to fill; 0 by default. */
    /* Batches on their way at once, each written by an instance of its own, which the host makes
     * when it is needed; 1 by default, 32 at most. More than one only where it does not matter in
     * which order batches arrive. To be set only if struct_size says that it is there. */
    uint32_t in_flight;
    uint32_t reserved; /* 0 */
} cmw_log_limits;

typedef struct cmw_log_backend_ops {
    uint32_t struct_size;

    /* Deliver a batch. CMW_OK: all of it is safe. Otherwise *delivered, 0 on entry, says how many
     * records from its start are, and the rest comes again: a record may arrive twice, but is not
     * lost. A record that can never be taken counts as delivered, and in *batch->rejected; say
     * why in the log. */
    cmw_status (*write)(void* instance, const cmw_call* call, const cmw_log_batch* batch,
                        size_t* delivered, cmw_error* error) CMW_NOEXCEPT;

    /* Lower the limits. Asked once, after create. May be NULL. */
    void (*limits)(void* instance, cmw_log_limits* limits) CMW_NOEXCEPT;
} cmw_log_backend_ops;

#ifdef __cplusplus
}
#endif

#endif
