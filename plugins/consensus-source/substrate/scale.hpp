// SPDX-License-Identifier: Apache-2.0
//
// substrate/scale.hpp - reads SCALE, the encoding of all that a Substrate chain stores.
//
// Source: the Polkadot specification, appendix "SCALE codec". Integers are little-endian; a
// compact one has its size in its two lowest bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cmw::substrate {

using Bytes = std::span<const std::uint8_t>;

/// Walks over borrowed bytes. Whatever does not fit throws cmw::Error(CMW_INVALID) that says where.
class ScaleReader {
  public:
    explicit ScaleReader(Bytes bytes, std::size_t offset = 0);

    std::uint8_t u8();
    std::uint32_t u32();
    /// A compact integer of at most 64 bits, in its shortest form only, as the codec demands.
    std::uint64_t compact();
    /// A compact integer of any size, passed over.
    void skip_compact();
    /// A compact integer that counts elements or names a type: it must fit in 32 bits.
    std::uint32_t compact32();
    bool boolean();
    Bytes take(std::size_t count);
    /// A text, or bytes: a compact length, then so many.
    Bytes sized();
    std::string_view text();
    /// A list of texts, passed over.
    void skip_texts();

    std::size_t offset() const noexcept { return offset_; }
    std::size_t left() const noexcept { return bytes_.size() - offset_; }
    Bytes between(std::size_t from, std::size_t to) const {
        return bytes_.subspan(from, to - from);
    }

    /// For a caller that finds something wrong at this place.
    [[noreturn]] void fail(std::string_view what) const;

  private:
    std::uint64_t little_endian(std::size_t count);

    Bytes bytes_;
    std::size_t offset_;
};

} // namespace cmw::substrate
