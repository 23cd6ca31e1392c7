/* SPDX-License-Identifier: Apache-2.0
 *
 * cmw/abi/consensus_source.h - tells which software the network approves, and whether this machine
 * is to run it.
 */
#ifndef CMW_ABI_CONSENSUS_SOURCE_H
#define CMW_ABI_CONSENSUS_SOURCE_H

#include <cmw/abi/artifact.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CMW_KIND_CONSENSUS_SOURCE "consensus-source/1"

/* What the network expects of this machine; the host reads an unknown value as CMW_STANDING_WAIT. */
enum {
    CMW_STANDING_WAIT = 0, /* Not to run yet: still syncing, or not in the active set. */
    CMW_STANDING_RUN = 1
};

/* Where a source puts its answer. The answer counts as a whole, when poll returns CMW_OK. */
typedef struct cmw_verdict {
    uint32_t struct_size;

    /* Say once where this machine stands, at which height, and why in a few words. */
    void (*standing)(const struct cmw_verdict* verdict, uint32_t standing, uint64_t height,
                     cmw_str reason) CMW_NOEXCEPT;

    /* Say of one artifact that it is approved; the host copies it. Its target is the field of the
     * network's record that names it, such as "server". What is not approved is not named; the
     * host refuses a digest that is all zero. */
    void (*approve)(const struct cmw_verdict* verdict, const cmw_artifact* artifact) CMW_NOEXCEPT;

    /* Something that `status` is to show beside the answer: "endpoint", "block_hash". Two mean more:
     * "synced" is whether the network was seen whole; "active" is "false" only where the answer not
     * to run is certain, because this machine is none of those that run: it may stop a program. */
    void (*fact)(const struct cmw_verdict* verdict, cmw_str name, cmw_str value) CMW_NOEXCEPT;

    /* Say of one artifact that it may be approved later (a vote under way, an upgrade planned), at
     * which height if that is known (else 0), and why in a few words. The host may fetch and verify
     * it ahead; it puts nothing in place for it. */
    void (*announce)(const struct cmw_verdict* verdict, const cmw_artifact* artifact,
                     uint64_t height, cmw_str why) CMW_NOEXCEPT;
} cmw_verdict;

typedef struct cmw_consensus_source_ops {
    uint32_t struct_size;

    /* Give the whole current answer, from finalised state only. The first poll of an instance
     * answers as soon as it can; a later one, of a source that can be notified, blocks until
     * something changes and returns CMW_CANCELLED at the deadline if nothing did. A source that
     * cannot be notified returns at once, and the host paces it. After a failure the host makes
     * a new instance, and with it a new connection. */
    cmw_status (*poll)(void* instance, const cmw_call* call, const cmw_verdict* verdict,
                       cmw_error* error) CMW_NOEXCEPT;
} cmw_consensus_source_ops;

#ifdef __cplusplus
}
#endif

#endif
