// SPDX-License-Identifier: Apache-2.0
//
// logs/stream_use.hpp - one file of a stream on its way to one backend, or the wildcard that such
// files fit: which file, by which rules, and where it begins if it was never seen.
#pragma once

#include "logs/admission.hpp"
#include "logs/disk_bound.hpp"
#include "logs/record_rules.hpp"
#include "plugin_host/session.hpp"

#include <functional>

namespace cmw::logs {

struct StreamUse {
    std::string stream;
    std::string path; ///< A file, or with a wildcard.
    std::string
        cursor_path; ///< Of the file; of a wildcard a folder, each cursor named as its file.
    std::shared_ptr<const plugin_host::ConfigTable> use{};
    std::shared_ptr<const RecordRules> rules{};
    std::uint32_t min_level = 0;       ///< CMW_LEVEL_*
    std::shared_ptr<RateLimit> rate{}; ///< Of all files of the stream; null: no limit.
    std::uint64_t first_sequence = 0;  ///< Files of one stream differ in it.
    std::shared_ptr<DiskBound> disk{}; ///< Null: no limit.
    std::function<std::shared_ptr<DiskBound>(const std::string& path)> disk_of{};

    bool is_wildcard() const { return config::is_wildcard(path); }
};

/// Notes where a file that was never seen begins: with what is there now, with what comes after it
/// (`from_end`), or with the first file that comes to be there.
base::Result<> begin(const StreamUse& use, bool from_end);

/// The files that fit a wildcard and are not in `known` (names): those that are there, and those
/// that were shipped before and of which a generation is left. Cursors of others are removed.
std::vector<StreamUse> files_of(const StreamUse& wildcard, const std::vector<std::string>& known);

} // namespace cmw::logs
