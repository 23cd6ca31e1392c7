// SPDX-License-Identifier: Apache-2.0
//
// shared/transfer.hpp - brings one file from a web server to the host's writer, at a pace, and goes
// on with it at another server when one breaks off.
#pragma once

#include "shared/http_answer.hpp"
#include "shared/http_exchange.hpp"

#include <cmw/binary_source.hpp>

namespace cmw::shared {

struct TransferLimits {
    std::chrono::nanoseconds stall_timeout; ///< Give up when in this time
    std::int64_t stall_size;                ///< fewer bytes than this came.
    std::int64_t bandwidth;                 ///< Bytes a second; 0: any number.
};

/// Throws CMW_CONFIG if the bandwidth allowed is one that counts as stalled.
void check_limits(const TransferLimits& limits);

/// The parts of an answer's head that judge() looks at.
HttpAnswer answer_of(const HttpExchange& exchange);

/// One fetch, over all the servers that are asked for it.
class Transfer {
  public:
    Transfer(const Call& call, Writer& writer, const TransferLimits& limits)
        : call_(call), writer_(writer), limits_(limits), position_(writer.offset()) {}

    /// The first byte that is still wanted.
    std::uint64_t position() const { return position_; }

    /// The host wants no more: no other server can help.
    bool refused() const { return refused_; }

    /// Hands on the body of an answer that says Step::take, or that all is there. `shown` names
    /// where it comes from. Throws CMW_AGAIN when it stalls or breaks off, and when it cannot be the
    /// rest of what another server began.
    void take(HttpExchange& exchange, const Step& step, const std::string& shown);

    /// The answer said Step::complete.
    void complete(const Step& step);

  private:
    void begin(const Step& step, const std::string& shown);
    void hand_on(std::span<const std::byte> bytes);

    Call call_;
    Writer& writer_;
    TransferLimits limits_;
    std::uint64_t position_;
    std::optional<std::uint64_t> total_;
    bool begun_ = false;
    bool refused_ = false;
};

} // namespace cmw::shared
