// SPDX-License-Identifier: Apache-2.0
//
// fakes/chain/scale_writer.hpp - writes SCALE, for tests that make what a chain would send.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace cmw::fakes {

class ScaleWriter {
  public:
    ScaleWriter& u8(std::uint8_t value) {
        bytes.push_back(value);
        return *this;
    }
    ScaleWriter& u32(std::uint32_t value) { return little_endian(value, 4); }
    ScaleWriter& compact(std::uint64_t value) {
        if (value < 1u << 6) return little_endian(value << 2, 1);
        if (value < 1u << 14) return little_endian(value << 2 | 1, 2);
        if (value < 1u << 30) return little_endian(value << 2 | 2, 4);
        unsigned size = 4;
        while (size < 8 && value >> (8 * size) != 0) ++size;
        u8(static_cast<std::uint8_t>((size - 4) << 2 | 3));
        return little_endian(value, size);
    }
    ScaleWriter& text(std::string_view value) {
        compact(value.size());
        bytes.insert(bytes.end(), value.begin(), value.end());
        return *this;
    }
    ScaleWriter& raw(const std::vector<std::uint8_t>& value) {
        bytes.insert(bytes.end(), value.begin(), value.end());
        return *this;
    }
    ScaleWriter& none() { return u8(0); }

    std::vector<std::uint8_t> bytes;

  private:
    ScaleWriter& little_endian(std::uint64_t value, unsigned size) {
        for (unsigned i = 0; i < size; ++i) u8(static_cast<std::uint8_t>(value >> (8 * i)));
        return *this;
    }
};

} // namespace cmw::fakes
