// SPDX-License-Identifier: Apache-2.0
//
// Artifacts for tests: contents, their digests, and ways to bring them into a store.
#pragma once

#include "base/system.hpp"
#include "binary_store/activation.hpp"
#include "binary_store/store.hpp"
#include "support/temporary_folder.hpp"

#include <cmw/abi/binary_source.h>
#include <sys/stat.h>

namespace cmw::binary_store {

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

inline base::Digest digest_of(std::string_view content) {
    base::Hasher hasher(base::default_algorithm);
    hasher.update(bytes_of(content));
    return hasher.finish();
}

/// A script that this machine would execute, `size` bytes long.
inline std::string program(char mark, std::size_t size = 100'000) {
    std::string content = "#!/bin/sh\n#";
    content.resize(size, mark);
    return content;
}

constexpr std::int64_t plenty = 1 << 30;

/// What a source that can resume does.
inline base::Result<> deliver(plugin_host::ByteSink& sink, std::string_view content) {
    const auto from = sink.offset();
    if (auto begun = sink.begin(from, content.size()); !begun) return begun;
    for (auto rest = content.substr(from); !rest.empty();) {
        const auto piece = rest.substr(0, 30'000);
        if (auto written = sink.write(bytes_of(piece)); !written) return written;
        rest.remove_prefix(piece.size());
    }
    return sink.finish();
}

inline base::Result<> fetch(const Store& store, std::string_view content) {
    return deliver(*store.receive(digest_of(content), plenty, nullptr), content);
}

/// As what doctest::Contains compares with.
inline doctest::String shown(const std::string& text) {
    return text.c_str();
}

inline doctest::String why(const base::Result<>& result) {
    return result ? doctest::String() : shown(base::to_string(result.error()));
}

inline bool exists(const std::string& path) {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0;
}

inline struct stat stat_of(const std::string& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found;
}

/// Asks `fault` before every system call of the core, as long as it lives.
class FaultPlan {
  public:
    explicit FaultPlan(std::function<int(base::sys::Call, std::string_view)> fault) {
        base::sys::set_fault_plan(std::move(fault));
    }
    ~FaultPlan() { base::sys::set_fault_plan({}); }
    FaultPlan(const FaultPlan&) = delete;
    FaultPlan& operator=(const FaultPlan&) = delete;
};

/// Fails every call of one kind.
inline auto every(base::sys::Call kind, int error) {
    return [=](base::sys::Call call, std::string_view) { return call == kind ? error : 0; };
}

} // namespace cmw::binary_store
