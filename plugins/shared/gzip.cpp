// SPDX-License-Identifier: Apache-2.0
#include "shared/gzip.hpp"

#include <new>
#include <zlib.h>

namespace cmw::shared {

Gzip::Gzip() : stream_(std::make_unique<z_stream_s>()) {
    constexpr int gzip_format = 15 + 16;
    constexpr int memory = 8;
    if (::deflateInit2(stream_.get(), Z_BEST_SPEED, Z_DEFLATED, gzip_format, memory,
                       Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
}

Gzip::~Gzip() {
    ::deflateEnd(stream_.get());
}

std::string& Gzip::compress(std::string_view text) {
    ::deflateReset(stream_.get());
    packed_.resize(::deflateBound(stream_.get(), text.size()));
    // zlib does not write to what it reads.
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_->avail_in = static_cast<uInt>(text.size());
    stream_->next_out = reinterpret_cast<Bytef*>(packed_.data());
    stream_->avail_out = static_cast<uInt>(packed_.size());
    // There is room for all of it.
    if (::deflate(stream_.get(), Z_FINISH) != Z_STREAM_END) throw std::bad_alloc();
    packed_.resize(stream_->total_out);
    return packed_;
}

} // namespace cmw::shared
