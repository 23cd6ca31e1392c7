// SPDX-License-Identifier: Apache-2.0
//
// vectors/*.txt - facts of public chains, each with its origin: "NAME HEX" in each line, a name may
// come more than once.
#pragma once

#include "consensus-source/substrate/blake2.hpp"
#include "shared/hex.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <stdexcept>
#include <vector>

namespace cmw::test {

class Vectors {
  public:
    using Blob = std::vector<std::uint8_t>;

    explicit Vectors(const std::string& name) {
        std::ifstream file(std::string(CMW_SOURCE_ROOT "/tests/plugins/substrate/vectors/") + name);
        for (std::string line; std::getline(file, line);) {
            const auto space = line.find(' ');
            if (line.empty() || line[0] == '#' || space == std::string::npos) continue;
            texts_[line.substr(0, space)].push_back(line.substr(space + 1));
        }
        if (texts_.empty()) throw std::runtime_error("no vectors in " + name);
    }

    std::vector<Blob> all(const std::string& name) const {
        std::vector<Blob> blobs;
        for (const auto& text : texts_.at(name)) blobs.push_back(shared::from_hex(text).value());
        return blobs;
    }
    Blob blob(const std::string& name) const { return all(name).at(0); }
    substrate::Hash hash(const std::string& name) const {
        const auto bytes = blob(name);
        substrate::Hash hash{};
        std::copy_n(bytes.begin(), hash.size(), hash.begin());
        return hash;
    }
    std::uint64_t number(const std::string& name) const {
        return std::stoull(texts_.at(name).at(0));
    }

  private:
    std::map<std::string, std::vector<std::string>> texts_;
};

} // namespace cmw::test
