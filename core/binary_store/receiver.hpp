// SPDX-License-Identifier: Apache-2.0
//
// binary_store/receiver.hpp - takes the bytes of one fetch and decides whether they are the
// artifact. What a source says is not believed: bytes are hashed as they come, and those that a
// try before left are hashed again.
#pragma once

#include "base/unique_fd.hpp"
#include "binary_store/store.hpp"

namespace cmw::binary_store {

class Receiver final : public plugin_host::ByteSink {
  public:
    /// Where the bytes gather, and where they go once verified: in folders of one file system.
    struct Files {
        std::string partial;
        std::string whole;
    };

    Receiver(Files files, base::Digest expected, std::int64_t max_size,
             std::shared_ptr<Progress> progress);

    std::uint64_t offset() const override { return kept_; }
    base::Result<> begin(std::uint64_t offset, std::uint64_t total) override;
    base::Result<> write(std::span<const std::byte> bytes) override;
    base::Result<> finish() override;

  private:
    base::Result<> check_announced(std::uint64_t offset, std::uint64_t total) const;
    base::Result<> start_anew();
    base::Result<> resume();
    base::Result<> check_complete();
    base::Result<> keep();
    base::Result<> refuse(base::Problem problem);

    Files files_;
    base::Digest expected_;
    std::uint64_t max_size_;
    std::shared_ptr<Progress> progress_;
    std::uint64_t kept_ = 0;
    bool resumed_ = false;
    std::uint64_t received_ = 0; ///< With what was resumed.
    std::optional<std::uint64_t> total_;
    base::Hasher hasher_;
    base::UniqueFd file_; ///< The partial file, from begin() to finish() or a refusal.
    std::optional<base::Problem> refused_;
};

} // namespace cmw::binary_store
