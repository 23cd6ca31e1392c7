/* SPDX-License-Identifier: Apache-2.0
 *
 * cmw/abi/plugin.h - what plugins of every kind share. C99, no dependency but the C library.
 *
 *   shared object --cmw_library_1()--> cmw_library --> cmw_plugin, cmw_plugin, ...  (constant data)
 *                                                            | create(host, config)
 *                                                            v
 *                                                        instance -- ops of its kind --> destroy
 *
 * The rules, all of them:
 *
 * MEMORY      Everything is borrowed: a pointer passed into a function is valid until that function
 *             returns, and who wants the data longer copies it. Nobody frees what the other side made.
 *             Three things live longer: descriptors (libraries are never unloaded), a host table (from
 *             create until destroy has returned) and the instance itself.
 * THREADS     The host is in one call of an instance at a time, though not always from the same
 *             thread. Calls of different instances overlap. What the host offers may be called from
 *             any thread, the plugin's own included.
 * BLOCKING    A function that is given a cmw_call may block, and returns CMW_CANCELLED soon after
 *             the call is cancelled. Every other function returns at once.
 * ERRORS      A function that can fail returns a cmw_status: what the host should do. It also writes
 *             one line into the caller's cmw_error: what the operator should know.
 *             When create fails there is no instance, and nothing more is called.
 * EXCEPTIONS  No exception, panic or longjmp leaves a plugin or a host function.
 * MANNERS     A plugin does not exit, fork without exec, install signal handlers, touch descriptors
 *             0 to 2, or change the directory, umask, locale or environment of the process.
 * GROWTH      Every struct that is passed by pointer starts with struct_size, written by who made
 *             it; new members are only ever added at its end, and CMW_HAS tells whether they are
 *             there. Elements of an array are stepped over by the size that stands beside it.
 *             cmw_str and cmw_value never change. Constants are added, never reused. Any other
 *             change of this file is a new symbol, cmw_library_2; of one kind, a new kind name,
 *             such as "log-backend/2".
 */
#ifndef CMW_ABI_PLUGIN_H
#define CMW_ABI_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CMW_NOEXCEPT noexcept
extern "C" {
#else
#define CMW_NOEXCEPT
#endif

#define CMW_EXPORT __attribute__((visibility("default")))

/* Counts the additions to the ABI; the symbol name carries its major version. */
#define CMW_ABI_MINOR 1

/* Whether `table`, as its maker compiled it, reaches as far as `member`. */
#define CMW_HAS(table, member)                                                                     \
    ((size_t)((const char*)(&(table)->member + 1) - (const char*)(table)) <= (table)->struct_size)

/* Text in UTF-8, or bytes. Not followed by a NUL unless said so. */
typedef struct cmw_str {
    const char* data;
    size_t size;
} cmw_str;

/* ---- Outcomes ------------------------------------------------------------------------------- */

typedef int32_t cmw_status;
enum {
    CMW_OK = 0,
    CMW_AGAIN = 1,       /* Not now: unreachable, throttled, still syncing. Worth a retry soon. */
    CMW_CANCELLED = 2,   /* The call was cancelled or its deadline passed. */
    CMW_NOT_FOUND = 3,   /* What was asked for does not exist. */
    CMW_DENIED = 4,      /* Credentials are missing or were refused. */
    CMW_CONFIG = 5,      /* The options, as they stand, cannot work. */
    CMW_INVALID = 6,     /* The other party answered something that makes no sense. */
    CMW_UNSUPPORTED = 7, /* This plugin cannot do that. */
    CMW_FAILED = 8       /* Anything else; also how the host reads a number it does not know. */
};

/* Made by the caller, filled in by a callee that fails. */
typedef struct cmw_error {
    uint32_t struct_size;
    uint32_t capacity;      /* Of text, its NUL included; never 0. */
    char* text;             /* One line, lower case, "cannot ...: why"; no secrets. */
    int64_t retry_after_ns; /* With CMW_AGAIN: not before this; 0 leaves it to the host. */
} cmw_error;

/* ---- Options -------------------------------------------------------------------------------- */

/* An option's type: what TOML may hold, and which member of a cmw_value then carries it. */
enum {
    CMW_TYPE_ABSENT = 0,   /* Only in a value: not set, and no fallback. */
    CMW_TYPE_BOOL = 1,     /* true; integer is 0 or 1 */
    CMW_TYPE_INTEGER = 2,  /* 42; integer */
    CMW_TYPE_NUMBER = 3,   /* 0.5; number */
    CMW_TYPE_STRING = 4,   /* "text"; string */
    CMW_TYPE_LIST = 5,     /* ["a", "b"]; list, of count strings */
    CMW_TYPE_MAP = 6,      /* { a = "x" }; list, of count pairs: key, value, key, value */
    CMW_TYPE_DURATION = 7, /* "250ms", "30s", "2h"; integer, nanoseconds */
    CMW_TYPE_SIZE = 8,     /* "64KiB", "1MiB"; integer, bytes */
    CMW_TYPE_PATH = 9,   /* "logs/x.log"; string, absolute: resolved against the file's directory */
    CMW_TYPE_SECRET = 10 /* "text", { file = "..." } or { env = "..." }; string, never shown */
};

/* Flags of an option. */
enum {
    CMW_OPTION_REQUIRED = 1u << 0,  /* The host refuses a configuration that lacks it. */
    CMW_OPTION_DEPRECATED = 1u << 1 /* Still read, with a warning; help says what replaces it. */
};

typedef struct cmw_option {
    const char* name;           /* Key in the plugin's table; dots go into sub-tables: "tls.ca". */
    uint32_t type;              /* CMW_TYPE_BOOL and so on. */
    uint32_t flags;             /* CMW_OPTION_REQUIRED and so on. */
    const char* fallback;       /* As in TOML: "30s"; NULL: none. */
    const char* minimum;        /* Likewise; NULL: unbounded. */
    const char* maximum;        /* Likewise. */
    const char* const* choices; /* The only strings allowed, then NULL; NULL: any. */
    const char* help;           /* A sentence for the operator. */
} cmw_option;

typedef struct cmw_value {
    uint32_t type;  /* The option's type, or CMW_TYPE_ABSENT. */
    uint32_t count; /* Of CMW_TYPE_LIST and CMW_TYPE_MAP. */
    union {
        int64_t integer;
        double number;
        cmw_str string; /* Followed by a NUL, as are the strings of a list. */
        const cmw_str* list;
    } as;
} cmw_value;

/* The options of one instance, or of one use of it: parsed, checked and completed by the host. */
typedef struct cmw_config {
    uint32_t struct_size;
    uint32_t count;          /* The plugin's option_count, or its use_option_count. */
    const cmw_value* values; /* values[i] is that of options[i], or of use_options[i]. */
} cmw_config;

/* ---- The host ------------------------------------------------------------------------------- */

/* One call that may block. */
typedef struct cmw_call {
    uint32_t struct_size;
    int32_t cancel_fd;   /* Readable once cancelled: poll it beside your sockets; do not read it. */
    int64_t deadline_ns; /* CLOCK_MONOTONIC; INT64_MAX: none. */

    /* Non-zero once the call is cancelled or its deadline has passed. [any thread] */
    int32_t (*cancelled)(const struct cmw_call* call) CMW_NOEXCEPT;
} cmw_call;

enum {
    CMW_LEVEL_TRACE,
    CMW_LEVEL_DEBUG,
    CMW_LEVEL_INFO,
    CMW_LEVEL_WARN,
    CMW_LEVEL_ERROR,
    CMW_LEVEL_FATAL
};

/* What the host offers one instance. */
typedef struct cmw_host {
    uint32_t struct_size;
    uint32_t abi_minor;    /* Of the host. */
    const char* product;   /* "cmix-wrapper/1.4.0": for a User-Agent. */
    const char* instance;  /* Where it stands in the configuration: "log-backend.cloud". */
    const char* state_dir; /* A directory of its own, mode 0700, kept over restarts. */

    /* Write a line to the host's log, marked with the instance. [any thread] */
    void (*log)(const struct cmw_host* host, uint32_t level, cmw_str line) CMW_NOEXCEPT;

    /* An optional service by its name, such as "metrics/1"; NULL if the host has none. Its table
     * lives as long as this one. [any thread] */
    const void* (*service)(const struct cmw_host* host, const char* name)CMW_NOEXCEPT;
} cmw_host;

/* ---- The plugin ----------------------------------------------------------------------------- */

typedef struct cmw_plugin {
    uint32_t struct_size;
    uint32_t requires_minor; /* The oldest host this plugin can work with. */
    const char* kind;        /* CMW_KIND_LOG_BACKEND and so on. */
    const char* name;        /* What the configuration calls it: [a-z0-9-]+, unique in its kind. */
    const char* version;     /* Of the plugin itself: "1.2.3". */
    const char* summary;     /* One line for the listing of plugins. */
    const char* license;     /* SPDX expression. */
    const char* author;
    const char* homepage;
    const cmw_option* options;
    uint32_t option_count;
    uint32_t option_size; /* sizeof(cmw_option) here: the step from one option to the next. */

    /* Check what single options cannot say, such as "a or b, not both". Has no side effects, so it
     * also serves a dry run. `use` is NULL when the instance alone is checked, and otherwise the
     * options of one use of it. May be NULL. [any thread] */
    cmw_status (*validate)(const cmw_config* config, const cmw_config* use, cmw_error* error)
        CMW_NOEXCEPT;

    /* Make an instance. Opens what is local; does not wait for a network. [any thread] */
    cmw_status (*create)(const cmw_host* host, const cmw_config* config, void** instance,
                         cmw_error* error) CMW_NOEXCEPT;

    /* End an instance: its threads, descriptors and memory are gone when this returns. */
    void (*destroy)(void* instance) CMW_NOEXCEPT;

    const void* ops; /* The table of the kind: a cmw_log_backend_ops and so on. */

    /* Options of each use, `{ use = "name", ... }`: their values come with the call that they are
     * for, beside the artifact, the program or the batch. Stepped over by option_size. */
    const cmw_option* use_options;
    uint32_t use_option_count;
    uint32_t reserved; /* 0 */
} cmw_plugin;

typedef struct cmw_library {
    uint32_t struct_size;
    uint32_t abi_minor;               /* CMW_ABI_MINOR, as the library was built. */
    const cmw_plugin* const* plugins; /* NULL after the last. */
} cmw_library;

/* The one symbol a plugin library exports. Cheap, without side effects, called at any time. */
#define CMW_LIBRARY_SYMBOL "cmw_library_1"
CMW_EXPORT const cmw_library* cmw_library_1(void) CMW_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
