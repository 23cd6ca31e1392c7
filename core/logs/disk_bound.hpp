// SPDX-License-Identifier: Apache-2.0
//
// logs/disk_bound.hpp - keeps a log's file from filling the disk: what every backend has confirmed
// of it is freed in place, by a hole. Nothing is truncated, renamed or written: who writes the file
// notices nothing (docs/decisions/0010). Where the file system cannot, that is logged once.
#pragma once

#include "base/problem.hpp"
#include "logs/cursor.hpp"
#include "logs/generations.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace cmw::logs {

struct DiskLimits {
    std::uint64_t max_size = 0;
    std::uint64_t keep = 0;   ///< Of what is confirmed, as far as there is room.
    bool drop_oldest = false; ///< Free what is not confirmed rather than let the file grow.
    bool operator==(const DiskLimits&) const = default;
};

struct Cut {
    std::uint64_t up_to = 0; ///< Offset in the file; 0: nothing is to be freed.
    bool drops = false;      ///< Some of it is not confirmed.
    bool operator==(const Cut&) const = default;
};

/// The start of a file that stays: by it the file is recognised.
inline constexpr std::uint64_t head_size = 4096;

/// What of a file of `size` bytes, whose data begins at `data_start` (behind the head and the hole),
/// is to be freed, when all backends have confirmed it up to `confirmed`. Pure.
Cut plan_cut(const DiskLimits& limits, std::uint64_t size, std::uint64_t data_start,
             std::uint64_t confirmed);

class DiskBound {
  public:
    using Log = std::function<void(std::uint32_t level, const std::string& line)>;

    DiskBound(std::string path, const DiskLimits& limits, const std::vector<std::string>& backends,
              Log log);

    /// How far a backend has confirmed a file. It begins with `first`: else it was truncated or
    /// rewritten since, and nothing of what is there now is confirmed.
    struct Reached {
        FileId id;
        Fingerprint first;
        std::uint64_t offset = 0;
    };
    /// Notes it; frees if it is time. [any thread]
    void confirmed(const std::string& backend, const Reached& reached);

    /// A stretch of a file, between lines.
    struct Dropped {
        FileId id;
        Fingerprint first; ///< As that of Reached.
        std::uint64_t from = 0;
        std::uint64_t to = 0;
    };
    /// What was freed last though not all backends have it; waits while some is being freed. Asked after
    /// a read, it tells which of the bytes may not be what was written. [any thread]
    Dropped dropped() const;

  private:
    std::uint64_t confirmed_by_all(const FileId& id, std::string_view head) const;
    base::Result<> free_some(const FileId& live);

    const std::string path_;
    const DiskLimits limits_;
    const Log log_;
    mutable std::mutex mutex_;
    std::map<std::string, Reached> reached_; ///< By backend: all of the stream's.
    Dropped dropped_;
    std::mutex freeing_; ///< Held by the thread that frees.
    std::atomic<bool> impossible_{false};
};

/// The bounds of all files, each shared by the backends that it goes to. [any thread]
class DiskBounds {
  public:
    /// The one of `path`; made if there is none.
    std::shared_ptr<DiskBound> of(const std::string& path, const DiskLimits& limits,
                                  const std::vector<std::string>& backends,
                                  const DiskBound::Log& log);

  private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<DiskBound>> bounds_;
};

} // namespace cmw::logs
