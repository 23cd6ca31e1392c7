// SPDX-License-Identifier: Apache-2.0
//
// sample.hpp - a consensus source without fault, from which each library here departs in one point.
#pragma once

#include <cmw/abi/consensus_source.h>

namespace sample {

/// "gate": a file; what hangs, hangs until it is there, so that a test can end it.
inline constexpr cmw_option options[] = {
    {"gate", CMW_TYPE_STRING, 0, "", nullptr, nullptr, nullptr, "File to wait for."}};

inline cmw_status create(const cmw_host*, const cmw_config*, void** instance, cmw_error*) noexcept {
    static int any = 0;
    *instance = &any;
    return CMW_OK;
}
inline void destroy(void*) noexcept {}

inline cmw_status poll(void*, const cmw_call*, const cmw_verdict* verdict, cmw_error*) noexcept {
    verdict->standing(verdict, CMW_STANDING_RUN, 7, {"", 0});
    return CMW_OK;
}
inline constexpr cmw_consensus_source_ops ops{sizeof(cmw_consensus_source_ops), &poll};

inline constexpr cmw_plugin plugin{
    .struct_size = sizeof(cmw_plugin),
    .requires_minor = 0,
    .kind = CMW_KIND_CONSENSUS_SOURCE,
    .name = "sample",
    .version = "1.0.0",
    .summary = "Says run.",
    .license = "MIT",
    .author = nullptr,
    .homepage = nullptr,
    .options = options,
    .option_count = 1,
    .option_size = sizeof(cmw_option),
    .validate = nullptr,
    .create = &create,
    .destroy = &destroy,
    .ops = &ops,
    .use_options = nullptr,
    .use_option_count = 0,
    .reserved = 0,
};

/// The sample with one difference: sample::with([](auto& p) { p.kind = "weather/1"; }).
template <class Change>
constexpr cmw_plugin with(Change change) {
    cmw_plugin changed = plugin;
    change(changed);
    return changed;
}

} // namespace sample

/// Make a library of these plugins.
#define SAMPLE_LIBRARY(...)                                                                        \
    extern "C" const cmw_library* cmw_library_1(void) noexcept {                                   \
        static constexpr const cmw_plugin* plugins[] = {__VA_ARGS__, nullptr};                     \
        static constexpr cmw_library library{sizeof(cmw_library), CMW_ABI_MINOR, plugins};         \
        return &library;                                                                           \
    }
