/* SPDX-License-Identifier: Apache-2.0
 *
 * cmw/abi/process_runner.h - runs programs: as children, in units, in containers. When to start
 * and stop one is the host's decision; a runner only knows how. None of its functions waits for a
 * process to end: that is a descriptor which the host polls. What has a cmw_call may wait for a
 * service manager or a container engine to answer.
 */
#ifndef CMW_ABI_PROCESS_RUNNER_H
#define CMW_ABI_PROCESS_RUNNER_H

#include <cmw/abi/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CMW_KIND_PROCESS_RUNNER "process-runner/1"

typedef struct cmw_program {
    uint32_t struct_size;
    uint32_t reserved;              /* 0 */
    const char* name;               /* As configured: "cmix". */
    const char* executable;         /* Absolute path. */
    const char* const* arguments;   /* argv, the program's name first, then NULL. */
    const char* const* environment; /* "NAME=value", then NULL: all of it, but for what a runner
                                       needs to know its own by (CMW_...). */
    const char* directory;          /* To start in; NULL: the root directory. */
    const char*
        output_path;        /* Files that take stdout and stderr, appended; they may be the same. */
    const char* error_path; /* NULL: thrown away. The program's input is always empty. */
    const cmw_config* use;  /* The options of this service's use of the runner. */
} cmw_program;

/* Made by the host, filled in by the runner. */
typedef struct cmw_process {
    uint32_t struct_size;
    int32_t exit_fd; /* Readable once it has ended; the runner's, open until release. */
    uint64_t id;     /* Names the process in later calls; not 0. */
    int64_t pid;     /* For display; 0 if there is none. */
} cmw_process;

enum {
    CMW_STOP_GENTLY = 0, /* Ask: SIGTERM or its like. */
    CMW_STOP_NOW = 1     /* Kill, with everything it started. */
};

/* How a process ended. */
typedef struct cmw_exit {
    uint32_t struct_size;
    int32_t code;   /* Exit code; CMW_EXIT_UNKNOWN for an adopted process that left none. */
    int32_t signal; /* 0: none; then the code means nothing. */
} cmw_exit;

#define CMW_EXIT_UNKNOWN (-1)

/* What a process uses now, with all that it started as far as the runner can tell. A number that is
 * not known is CMW_USAGE_UNKNOWN. Made by the host, with all of them unknown. */
typedef struct cmw_usage {
    uint32_t struct_size;
    uint32_t reserved;    /* 0 */
    int64_t memory_bytes; /* Resident. */
    int64_t cpu_us;       /* Processor time since its start, of user and kernel, in microseconds. */
    int64_t threads;
    int64_t descriptors; /* Open ones, of the program itself. */
    int64_t processes;
} cmw_usage;

#define CMW_USAGE_UNKNOWN (-1)

typedef struct cmw_process_runner_ops {
    uint32_t struct_size;

    /* Start a program. CMW_OK means that it runs: a failed exec is an error here, not an exit. */
    cmw_status (*start)(void* instance, const cmw_call* call, const cmw_program* program,
                        cmw_process* process, cmw_error* error) CMW_NOEXCEPT;

    /* Take back the process that an earlier run of the host started under this name: that very one,
     * not another that was given its number since. A host that was killed at any instant of start
     * finds it here, so a runner keeps what it needs for this by itself (in its state_dir, a unit's
     * name, a label), before the program can run. CMW_NOT_FOUND if it is gone. May be NULL. */
    cmw_status (*adopt)(void* instance, const cmw_call* call, const char* name,
                        cmw_process* process, cmw_error* error) CMW_NOEXCEPT;

    /* Request the end, CMW_STOP_GENTLY or CMW_STOP_NOW, and do not wait for it. */
    cmw_status (*stop)(void* instance, const cmw_call* call, uint64_t id, uint32_t how,
                       cmw_error* error) CMW_NOEXCEPT;

    /* Tell how the process ended; CMW_AGAIN while it runs. */
    cmw_status (*outcome)(void* instance, uint64_t id, cmw_exit* exit, cmw_error* error)
        CMW_NOEXCEPT;

    /* Forget an id. A process that still runs keeps running. */
    void (*release)(void* instance, uint64_t id) CMW_NOEXCEPT;

    /* Since minor 1 (CMW_HAS): tell what a process uses. At once, from memory or a few reads of the
     * kernel's files: somebody waits for the answer, and a runner that had to ask a service manager
     * or a container engine for it leaves this out. CMW_NOT_FOUND: it has ended. May be NULL. */
    cmw_status (*usage)(void* instance, uint64_t id, cmw_usage* usage, cmw_error* error)
        CMW_NOEXCEPT;
} cmw_process_runner_ops;

#ifdef __cplusplus
}
#endif

#endif
