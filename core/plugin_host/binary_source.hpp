// SPDX-License-Identifier: Apache-2.0
//
// plugin_host/binary_source.hpp - a binary source as the core sees it.
#pragma once

#include "plugin_host/artifact.hpp"
#include "plugin_host/instance.hpp"

#include <span>

namespace cmw::plugin_host {

/// Takes the bytes of a fetch, on the source's worker. A problem ends the fetch.
class ByteSink {
  public:
    virtual ~ByteSink() = default;
    virtual std::uint64_t offset() const = 0; ///< Bytes kept from a try that broke off.
    /// `total` is CMW_SIZE_UNKNOWN if the source cannot tell.
    virtual base::Result<> begin(std::uint64_t offset, std::uint64_t total) = 0;
    virtual base::Result<> write(std::span<const std::byte> bytes) = 0;
    /// The source says that this was all.
    virtual base::Result<> finish() = 0;
};

/// An interface so that the store is tested without a plugin.
class BinarySource {
  public:
    virtual ~BinarySource() = default;
    /// `done` runs on the loop's thread. What the sink refused comes back as CMW_FAILED with the
    /// sink's words. `sink` is owned until the worker is done with it.
    virtual void fetch(const Artifact& artifact, const config::OptionValues& use,
                       std::shared_ptr<ByteSink> sink,
                       std::function<void(tl::expected<void, Failure>)> done) = 0;
    virtual void cancel() = 0;
    virtual InstanceStatus status() const = 0;
};

std::unique_ptr<BinarySource> make_binary_source(Instance& instance);

} // namespace cmw::plugin_host
