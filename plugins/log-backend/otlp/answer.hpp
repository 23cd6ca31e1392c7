// SPDX-License-Identifier: Apache-2.0
//
// otlp/answer.hpp - what the answers of an OTLP/HTTP receiver mean. Pure.
#pragma once

#include "shared/batch_post.hpp"

#include <optional>
#include <string>

namespace cmw::otlp {

/// The partialSuccess of an ExportLogsServiceResponse; as here if it has none.
struct PartialSuccess {
    std::size_t rejected = 0; ///< 1 if how many it says cannot be read.
    bool says = false;        ///< It has an errorMessage: with 0 rejected that is a warning.
};

/// Of the body of a success. Empty counts as an ExportLogsServiceResponse without anything, since
/// Loki answers 204. Nothing if it is no JSON object: then it is from somebody else, such as a
/// portal.
std::optional<PartialSuccess> read_answer(const std::string& text);

/// A success is taken, but for what partialSuccess says was rejected: that must not be sent again.
/// A success with a page in it is a failure, and other answers are as HTTP means them.
/// Source: OTLP 1.10, "OTLP/HTTP Response".
shared::PostVerdict judge(int status, const std::string& text);

} // namespace cmw::otlp
