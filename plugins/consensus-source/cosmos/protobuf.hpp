// SPDX-License-Identifier: Apache-2.0
//
// cosmos/protobuf.hpp - as much of Protocol Buffers' wire format as two answers need.
#pragma once

#include <cstdint>
#include <string_view>

namespace cmw::cosmos {

/// One field of a message.
struct ProtobufField {
    enum class Kind { Number, Bytes, Other };

    std::uint64_t id = 0;
    Kind kind = Kind::Other;  ///< Other: of a fixed width, passed over.
    std::uint64_t number = 0; ///< Of a varint.
    std::string_view bytes;   ///< Of a string or an embedded message; into the message.
};

/// Takes a message's fields one by one.
class ProtobufReader {
  public:
    explicit ProtobufReader(std::string_view message) : rest_(message) {}

    /// False at the end. Throws cmw::Error(CMW_INVALID) if the message is cut or not well-formed.
    bool next(ProtobufField& field);

  private:
    std::uint64_t varint();
    std::string_view take(std::uint64_t size);

    std::string_view rest_;
};

} // namespace cmw::cosmos
