// SPDX-License-Identifier: Apache-2.0
//
// shared/http_body.hpp - the body of a request: as a whole, or by what writes it, so that a large one
// need not be in memory. What it is made of is lent.
#pragma once

#include <functional>
#include <string_view>
#include <utility>

namespace cmw::shared {

class HttpBody {
  public:
    /// Gets one piece after the other, each valid meanwhile.
    using Sink = std::function<void(std::string_view piece)>;
    using Writer = std::function<void(const Sink& sink)>;

    HttpBody() = default;
    explicit HttpBody(std::string_view whole)
        : size_(whole.size()), writer_([whole](const Sink& sink) { sink(whole); }) {}
    /// `writer` writes `size` bytes, the same whenever it is called.
    HttpBody(std::size_t size, Writer writer) : size_(size), writer_(std::move(writer)) {}

    std::size_t size() const { return size_; }
    void write(const Sink& sink) const {
        if (size_ > 0) writer_(sink);
    }

  private:
    std::size_t size_ = 0;
    Writer writer_;
};

} // namespace cmw::shared
