// SPDX-License-Identifier: Apache-2.0
// Fine to load, and then: plugins that break the rules once they are used.
#include "sample.hpp"

#include <chrono>
#include <cmw/abi/log_backend.h>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

void wait_for(const std::string& gate) {
    while (::access(gate.c_str(), F_OK) != 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

std::string gate_of(const cmw_config* config) {
    return config->values[0].as.string.data;
}

// Functions that throw, as the tables' types promise that they do not.
cmw_status throw_in_create(const cmw_host*, const cmw_config*, void**, cmw_error*) {
    throw std::runtime_error("no\nmemory for \x1b[31mthis");
}
cmw_status throw_in_poll(void*, const cmw_call*, const cmw_verdict*, cmw_error*) {
    throw 5;
}
void throw_in_destroy(void*) {
    throw 5;
}

cmw_status hang_in_create(const cmw_host*, const cmw_config* config, void** instance,
                          cmw_error*) noexcept {
    wait_for(gate_of(config));
    *instance = new std::string;
    return CMW_OK;
}
cmw_status keep_gate(const cmw_host*, const cmw_config* config, void** instance,
                     cmw_error*) noexcept {
    *instance = new std::string(gate_of(config));
    return CMW_OK;
}
void delete_gate(void* instance) noexcept {
    delete static_cast<std::string*>(instance);
}
cmw_status hang_in_poll(void* instance, const cmw_call* call, const cmw_verdict* verdict,
                        cmw_error* error) noexcept {
    const auto& gate = *static_cast<std::string*>(instance);
    std::ofstream(gate + ".waits").flush(); // For a test that must know that the call began.
    wait_for(gate);
    return sample::poll(instance, call, verdict, error);
}

cmw_status odd_status(void*, const cmw_call*, const cmw_verdict*, cmw_error* error) noexcept {
    std::strcpy(error->text, "cannot say");
    error->retry_after_ns = -5;
    return -77;
}
cmw_status odd_text(void*, const cmw_call*, const cmw_verdict*, cmw_error* error) noexcept {
    std::memset(error->text, '\xff', error->capacity); // Not UTF-8, and not ended.
    std::memcpy(error->text, "first\nsecond\x1b[2J", 16);
    return CMW_AGAIN;
}
cmw_status silent(void*, const cmw_call*, const cmw_verdict*, cmw_error*) noexcept {
    return CMW_OK; // Without an answer.
}

cmw_status over_report(void*, const cmw_call*, const cmw_log_batch* batch, std::size_t* delivered,
                       cmw_error* error) noexcept {
    *batch->rejected = batch->count + 1;
    if (batch->records->level == CMW_LEVEL_TRACE) return CMW_OK;
    std::strcpy(error->text, "cannot go on");
    *delivered = batch->count + 1;
    return CMW_AGAIN;
}
void no_room(void*, cmw_log_limits* limits) noexcept {
    limits->struct_size = 1;
    limits->records = 0;
    limits->bytes = 0;
    limits->record_bytes = 0;
    limits->overhead_bytes = 26;
    limits->linger_ns = -1;
    limits->in_flight = UINT32_MAX;
}

using Poll = decltype(cmw_consensus_source_ops::poll);
template <Poll poll>
constexpr cmw_consensus_source_ops ops_of{sizeof(cmw_consensus_source_ops), poll};

constexpr cmw_plugin polls(const char* name, const cmw_consensus_source_ops& ops) {
    return sample::with([&](auto& p) {
        p.name = name;
        p.ops = &ops;
        p.create = &keep_gate;
        p.destroy = &delete_gate;
    });
}

constexpr auto hangs_in_create = sample::with([](auto& p) {
    p.name = "hangs-in-create";
    p.create = &hang_in_create;
    p.destroy = &delete_gate;
});
constexpr auto hangs = polls("hangs", ops_of<&hang_in_poll>);
constexpr auto status = polls("odd-status", ops_of<&odd_status>);
constexpr auto text = polls("odd-text", ops_of<&odd_text>);
constexpr auto no_answer = polls("no-answer", ops_of<&silent>);

// Not constant: what follows needs casts.
cmw_plugin throws_in_create = sample::plugin;
cmw_plugin throws_in_destroy = sample::plugin;
cmw_plugin throws = sample::plugin;
cmw_consensus_source_ops throwing_ops{sizeof(cmw_consensus_source_ops), nullptr};

constexpr cmw_log_backend_ops log_ops{sizeof(cmw_log_backend_ops), &over_report, &no_room};
constexpr auto over_reports = sample::with([](auto& p) {
    p.kind = CMW_KIND_LOG_BACKEND;
    p.name = "over-reports";
    p.ops = &log_ops;
});

const cmw_plugin* const plugins[] = {
    &throws_in_create, &throws_in_destroy, &throws, &hangs_in_create, &hangs, &status, &text,
    &no_answer,        &over_reports,      nullptr};
const cmw_library library{sizeof(cmw_library), CMW_ABI_MINOR, plugins};

} // namespace

extern "C" const cmw_library* cmw_library_1(void) noexcept {
    throws_in_create.name = "throws-in-create";
    throws_in_create.create = reinterpret_cast<decltype(cmw_plugin::create)>(&throw_in_create);
    throws_in_destroy.name = "throws-in-destroy";
    throws_in_destroy.destroy = reinterpret_cast<decltype(cmw_plugin::destroy)>(&throw_in_destroy);
    throws.name = "throws";
    throws.ops = &throwing_ops;
    throwing_ops.poll = reinterpret_cast<Poll>(&throw_in_poll);
    return &library;
}
