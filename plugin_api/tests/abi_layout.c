/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of ABI 1 on 64-bit machines, written down. A failure here means that a change would
 * break plugins already built: add at the end of a struct, or start a new major version. */
#include <cmw/abi/binary_source.h>
#include <cmw/abi/command_source.h>
#include <cmw/abi/consensus_source.h>
#include <cmw/abi/identity.h>
#include <cmw/abi/log_backend.h>
#include <cmw/abi/process_runner.h>
#include <cmw/abi/retry.h>

/* Every struct: its size, its last member, and no padding behind that (an addition would hide in it). */
#define LAYOUT(type, bytes, last)                                                                  \
    _Static_assert(sizeof(type) == (bytes), #type " changed size");                                \
    _Static_assert(offsetof(type, last) + sizeof(((type*)0)->last) == sizeof(type),                \
                   #type " ends in padding, or " #last " is not its last member")
#define AT(type, member, offset)                                                                   \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " moved")

LAYOUT(cmw_str, 16, size);
LAYOUT(cmw_error, 24, retry_after_ns);
LAYOUT(cmw_option, 56, help);
LAYOUT(cmw_value, 24, as);
LAYOUT(cmw_config, 16, values);
LAYOUT(cmw_call, 24, cancelled);
LAYOUT(cmw_host, 48, service);
LAYOUT(cmw_plugin, 128, reserved);
LAYOUT(cmw_library, 16, plugins);
LAYOUT(cmw_artifact, 64, reserved);
LAYOUT(cmw_verdict, 40, announce);
LAYOUT(cmw_identity, 16, read);
LAYOUT(cmw_retry, 16, now);
LAYOUT(cmw_consensus_source_ops, 16, poll);
LAYOUT(cmw_writer, 32, write);
LAYOUT(cmw_binary_source_ops, 16, fetch);
LAYOUT(cmw_program, 72, use);
LAYOUT(cmw_process, 24, pid);
LAYOUT(cmw_exit, 12, signal);
LAYOUT(cmw_mailbox, 16, deliver);
LAYOUT(cmw_command_source_ops, 16, poll);
LAYOUT(cmw_usage, 48, processes);
LAYOUT(cmw_process_runner_ops, 56, usage);
LAYOUT(cmw_log_record, 56, reserved);
LAYOUT(cmw_log_batch, 40, rejected);
LAYOUT(cmw_log_limits, 40, reserved);
LAYOUT(cmw_log_backend_ops, 24, limits);

AT(cmw_plugin, kind, 8);
AT(cmw_plugin, options, 64);
AT(cmw_plugin, create, 88);
AT(cmw_host, log, 32);
AT(cmw_process_runner_ops, usage, 48);
AT(cmw_log_limits, in_flight, 32);

int main(void) {
    return 0;
}
