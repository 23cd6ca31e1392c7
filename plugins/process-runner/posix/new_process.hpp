// SPDX-License-Identifier: Apache-2.0
//
// posix/new_process.hpp - what runs between fork and exec. It may share the host's memory, so a
// function marked with this is plain system calls on what was prepared before: no allocation, no
// lock, no library function with state (see launch.cpp).
#pragma once

// Sanitizers keep books of the thread that runs; the new process must not write into them.
#define CMW_NEW_PROCESS __attribute__((no_sanitize("address", "thread", "undefined")))
#if defined(__GNUC__) && !defined(__clang__)
#undef CMW_NEW_PROCESS
#define CMW_NEW_PROCESS                                                                            \
    __attribute__((no_sanitize_address, no_sanitize_thread, no_sanitize_undefined))
#endif
