// SPDX-License-Identifier: Apache-2.0
//
// logs/batch.hpp - records of one stream, cut to go together, and the bytes that they are made of.
// Once cut it never changes, so that threads may share it; whoever uses it owns it.
#pragma once

#include "base/clock.hpp"

#include <cmw/abi/log_backend.h>

#include <memory>
#include <string>
#include <vector>

namespace cmw::logs {

struct Batch {
    std::string stream;                                      ///< Name and texts lie here ...
    std::unique_ptr<char[]> buffer;                          ///< ... as they were read ...
    std::vector<std::unique_ptr<const std::string>> changed; ///< ... or as they leave the host ...
    std::vector<cmw_log_record> records;                     ///< ... and are borrowed by these.
    /// Up to here in the stream, counted as `sequence`, all is safe when the records are.
    std::uint64_t end = 0;
    base::Monotonic oldest{}; ///< When the first of them was read.
};

} // namespace cmw::logs
