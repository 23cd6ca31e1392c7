// SPDX-License-Identifier: Apache-2.0
//
// cmw/consensus_source.hpp - base class of consensus sources, over cmw/abi/consensus_source.h.
#pragma once

#include <cmw/abi/consensus_source.h>
#include <cmw/registration.hpp>

#include <span>

namespace [[gnu::visibility("hidden")]] cmw {

/// Where a consensus source puts its answer.
class Verdict {
  public:
    explicit Verdict(const cmw_verdict* verdict) noexcept : verdict_(verdict) {}

    /// This machine is to run the approved software.
    void run(std::uint64_t height) noexcept { standing(CMW_STANDING_RUN, height, ""); }

    /// This machine is to wait, and why.
    void wait(std::uint64_t height, std::string_view reason) noexcept {
        standing(CMW_STANDING_WAIT, height, reason);
    }

    /// `locations`: URLs where the network says that it can be had.
    void approve(std::string_view target, std::string_view algorithm,
                 std::span<const std::uint8_t> digest,
                 const std::vector<std::string>& locations = {}) {
        const auto urls = to_strs(locations);
        const auto artifact = to_artifact(target, algorithm, digest, urls);
        verdict_->approve(verdict_, &artifact);
    }

    /// It may be approved later, at `height` if that is known (else 0): fetch it ahead.
    void announce(std::string_view target, std::string_view algorithm,
                  std::span<const std::uint8_t> digest, std::uint64_t height, std::string_view why,
                  const std::vector<std::string>& locations = {}) {
        const auto urls = to_strs(locations);
        const auto artifact = to_artifact(target, algorithm, digest, urls);
        verdict_->announce(verdict_, &artifact, height, to_str(why));
    }

    /// Something for `status` to show: "endpoint", "ws://localhost:63007".
    void fact(std::string_view name, std::string_view value) noexcept {
        verdict_->fact(verdict_, to_str(name), to_str(value));
    }

  private:
    static std::vector<cmw_str> to_strs(const std::vector<std::string>& texts) {
        std::vector<cmw_str> all;
        for (const auto& text : texts) all.push_back(to_str(text));
        return all;
    }
    static cmw_artifact to_artifact(std::string_view target, std::string_view algorithm,
                                    std::span<const std::uint8_t> digest,
                                    const std::vector<cmw_str>& urls) noexcept {
        return {sizeof(cmw_artifact),
                static_cast<std::uint32_t>(digest.size()),
                digest.data(),
                to_str(algorithm),
                to_str(target),
                urls.data(),
                static_cast<std::uint32_t>(urls.size()),
                0};
    }
    void standing(std::uint32_t standing, std::uint64_t height, std::string_view reason) noexcept {
        verdict_->standing(verdict_, standing, height, to_str(reason));
    }

    const cmw_verdict* verdict_;
};

class ConsensusSource {
  public:
    virtual ~ConsensusSource() = default;

    /// Give the whole current answer; it counts only if this returns without throwing.
    virtual void poll(const Call& call, Verdict& verdict) = 0;

    using Kind = ConsensusSource;
    static constexpr const char* kind = CMW_KIND_CONSENSUS_SOURCE;
    static const cmw_consensus_source_ops ops;
};

inline constexpr cmw_consensus_source_ops ConsensusSource::ops{
    .struct_size = sizeof(cmw_consensus_source_ops),
    .poll =
        [](void* instance, const cmw_call* call, const cmw_verdict* verdict,
           cmw_error* error) noexcept {
            return detail::guarded(error, [&] {
                Verdict answer(verdict);
                static_cast<ConsensusSource*>(instance)->poll(Call(call), answer);
            });
        },
};

} // namespace cmw
