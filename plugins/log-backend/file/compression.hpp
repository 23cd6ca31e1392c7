// SPDX-License-Identifier: Apache-2.0
//
// file/compression.hpp - compresses one file into another, by libarchive.
#pragma once

#include <atomic>
#include <string_view>

namespace cmw::file {

enum class Compression { none, gzip, zstd };

/// What a compressed file's name ends with: ".gz", ".zst"; "" of none.
std::string_view suffix(Compression how);

/// Reads `from` to its end and writes it to `to`, compressed and durable. False: `stop` became true
/// meanwhile. Throws cmw::Error with what went wrong, which names no file.
bool compress(int from, int to, Compression how, const std::atomic<bool>& stop);

} // namespace cmw::file
