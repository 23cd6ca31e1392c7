// SPDX-License-Identifier: Apache-2.0
//
// logs/pipeline_fixture.hpp - a folder, a log in it, and pipelines that ship it.
#pragma once

#include "support/temporary_folder.hpp"
#include "unit/logs/fake_backend.hpp"

#include <filesystem>

namespace cmw::logs::test {

using Texts = std::vector<std::string>;

inline void append(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

inline std::string numbered(int first, int count) {
    std::string lines;
    for (int i = first; i < first + count; ++i) lines += std::to_string(i) + "\n";
    return lines;
}

inline Texts numbers(int first, int count) {
    Texts all;
    for (int i = first; i < first + count; ++i) all.push_back(std::to_string(i));
    return all;
}

/// A folder, a log in it, and pipelines that ship it.
struct Fixture {
    cmw::test::TemporaryFolder folder;
    std::string path = folder / "a.log";
    std::mutex mutex;
    Texts said;

    std::unique_ptr<Pipeline> start(std::vector<Pipeline::Backend> backends,
                                    const std::string& event = "line",
                                    base::Nanoseconds patience = 10s) {
        std::vector<std::string> to;
        for (const auto& backend : backends) to.push_back(backend.name);
        return start({stream("a", path, to, event)}, std::move(backends), patience);
    }
    std::unique_ptr<Pipeline> start(const std::vector<config::StreamSettings>& streams,
                                    std::vector<Pipeline::Backend> backends,
                                    base::Nanoseconds patience = 10s) {
        Pipeline::Options options;
        options.state_dir = folder / "state";
        options.flush_patience = patience;
        options.log = [this](std::uint32_t, const std::string& line) {
            const std::lock_guard lock(mutex);
            said.push_back(line);
        };
        return std::make_unique<Pipeline>(std::move(options), streams, std::move(backends));
    }
};

} // namespace cmw::logs::test
