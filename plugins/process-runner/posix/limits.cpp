// SPDX-License-Identifier: Apache-2.0
#include "limits.hpp"

namespace cmw::posix {

namespace {

int resource(const std::string& name) {
    static const std::map<std::string, int> table{
        {"as", RLIMIT_AS},       {"core", RLIMIT_CORE},         {"cpu", RLIMIT_CPU},
        {"data", RLIMIT_DATA},   {"fsize", RLIMIT_FSIZE},       {"memlock", RLIMIT_MEMLOCK},
        {"nice", RLIMIT_NICE},   {"nofile", RLIMIT_NOFILE},     {"nproc", RLIMIT_NPROC},
        {"rss", RLIMIT_RSS},     {"rtprio", RLIMIT_RTPRIO},     {"sigpending", RLIMIT_SIGPENDING},
        {"stack", RLIMIT_STACK}, {"msgqueue", RLIMIT_MSGQUEUE},
    };
    return table.at(name);
}

static_assert(shared::no_limit == RLIM_INFINITY);

} // namespace

Limit limit_of(const shared::ProgramLimit& limit) {
    return {resource(limit.name), {limit.value, limit.value}};
}

} // namespace cmw::posix
