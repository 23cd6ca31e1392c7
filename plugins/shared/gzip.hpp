// SPDX-License-Identifier: Apache-2.0
//
// shared/gzip.hpp - compresses bodies, each by itself, with the memory of one compressor.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace cmw::shared {

class Gzip {
  public:
    /// Throws std::bad_alloc.
    Gzip();
    ~Gzip();
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    /// RFC 1952. In the memory of the one before; to be moved out and back.
    std::string& compress(std::string_view text);

  private:
    std::unique_ptr<z_stream_s> stream_;
    std::string packed_;
};

} // namespace cmw::shared
