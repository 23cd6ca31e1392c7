// SPDX-License-Identifier: Apache-2.0
//
// The log of a container in frames, in pieces of a size that the first byte says; the line that
// keeps a position; what an engine says of a container.
#include "log_frames.hpp"
#include "log_position.hpp"
#include "state.hpp"

#include <algorithm>
#include <cstdlib>

using namespace cmw::container;

namespace {

/// All entries one behind the other, until what is no log.
std::string entries(std::span<const std::byte> bytes, std::size_t piece) {
    LogFrames frames;
    std::string all;
    try {
        for (std::size_t at = 0; at < bytes.size(); at += piece)
            frames.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)),
                        [&](const LogEntry& entry) {
                            all += std::to_string(entry.time_ns) + (entry.error ? '2' : '1');
                            all += entry.text;
                        });
    } catch (const cmw::Error& error) {
        if (error.status() != CMW_INVALID) std::abort();
        all += error.what();
    }
    return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
    if (entries(bytes, 1 + data[0]) != entries(bytes, bytes.size() + 1)) std::abort();
    const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
    if (const auto position = parse_position(text);
        position && position->container.size() < 100 &&
        parse_position(print_position(*position)) != position)
        std::abort();
    Repeat repeat(text);
    if (!repeat.new_part(text).empty() || repeat.left() != 0) std::abort();
    try {
        exit_of(parse_state(text));
    } catch (const cmw::Error& error) {
        if (error.status() != CMW_INVALID) std::abort();
    }
    return 0;
}
