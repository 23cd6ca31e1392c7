// SPDX-License-Identifier: Apache-2.0
//
// shared/etags.hpp - the entity tags of files that a host may have kept a part of, so that the rest
// is asked for only if the file is still the same (RFC 9110, 13.1). Forgotten with the instance: the
// host checks the digest of the whole in any case.
#pragma once

#include <map>
#include <string>

namespace cmw::shared {

class Etags {
  public:
    /// "" if none is known.
    std::string get(const std::string& place) const {
        const auto found = tags_.find(place);
        return found == tags_.end() ? "" : found->second;
    }

    /// A weak one is not kept: it says nothing of the bytes (RFC 9110, 8.8.1).
    void put(const std::string& place, const std::string& tag) {
        if (tags_.size() >= most) tags_.clear();
        tags_[place] = tag.starts_with("W/") ? "" : tag;
    }

  private:
    static constexpr std::size_t most = 64;
    std::map<std::string, std::string> tags_;
};

} // namespace cmw::shared
