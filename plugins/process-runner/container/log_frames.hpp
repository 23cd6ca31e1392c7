// SPDX-License-Identifier: Apache-2.0
//
// container/log_frames.hpp - the log of a container, as an engine sends it: frames of a header of 8
// bytes (the stream, three zeros, the length in big endian) and an entry that begins with its time.
// Bounded: a frame of more than 1 MiB is an error. Pure.
//
// Source: the Docker Engine API, "Stream format" of POST /containers/{id}/attach.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cmw::container {

struct LogEntry {
    bool error = false;       ///< Of stderr.
    std::int64_t time_ns = 0; ///< Since the Unix epoch. Podman's are of whole seconds.
    std::string_view text;    ///< With its line feed, if the program wrote one.
};

class LogFrames {
  public:
    using Take = std::function<void(const LogEntry& entry)>;

    static constexpr std::size_t longest = 1024 * 1024;

    /// Hands on the entries that are complete now. Throws cmw::Error(CMW_INVALID) for what is no
    /// such log; nothing may be fed after that.
    void feed(std::span<const std::byte> bytes, const Take& take);

  private:
    std::string kept_; ///< The beginning of a frame.
};

/// RFC 3339, "2026-01-31T10:00:00.123456789Z" or with an offset, in nanoseconds since the epoch.
std::optional<std::int64_t> parse_time(std::string_view text);

} // namespace cmw::container
