// SPDX-License-Identifier: Apache-2.0
//
// cmw/binary_source.hpp - base class of binary sources, over cmw/abi/binary_source.h.
#pragma once

#include <cmw/abi/binary_source.h>
#include <cmw/registration.hpp>

#include <span>

namespace [[gnu::visibility("hidden")]] cmw {

/// The artifact asked for. Borrowed: not to be kept past BinarySource::fetch.
class Artifact {
  public:
    explicit Artifact(const cmw_artifact* artifact) noexcept : artifact_(artifact) {}

    std::string_view target() const noexcept { return to_view(artifact_->target); }
    std::string_view algorithm() const noexcept { return to_view(artifact_->algorithm); }
    std::span<const std::uint8_t> digest() const noexcept {
        return {artifact_->digest, artifact_->digest_size};
    }

    /// Where the network itself says that it can be had, the first one first: URLs, or a path in its
    /// bucket.
    std::vector<std::string_view> locations() const {
        std::vector<std::string_view> all;
        for (const auto& url : std::span(artifact_->locations, artifact_->location_count))
            all.push_back(to_view(url));
        return all;
    }

    /// The digest in lower-case hexadecimal: how networks name their files.
    std::string hex() const {
        std::string text;
        for (const auto byte : digest()) {
            for (const auto nibble : {byte >> 4, byte & 15}) text += "0123456789abcdef"[nibble];
        }
        return text;
    }

  private:
    const cmw_artifact* artifact_;
};

/// Where the bytes go.
class Writer {
  public:
    Writer(const cmw_writer* writer, cmw_error* error) noexcept : writer_(writer), error_(error) {}

    /// Bytes that the host kept from a try that broke off.
    std::uint64_t offset() const noexcept { return writer_->offset; }

    /// Say once, before the first write, where the bytes start and how many there are in all.
    void begin(std::uint64_t offset, std::uint64_t total = CMW_SIZE_UNKNOWN) {
        check(writer_->begin(writer_, offset, total, error_));
    }

    /// The next bytes. Throws what the host says when it wants no more.
    void write(std::span<const std::byte> bytes) {
        check(writer_->write(writer_, bytes.data(), bytes.size(), error_));
    }

  private:
    void check(cmw_status status) const {
        if (status != CMW_OK) throw Error(status, error_->text);
    }

    const cmw_writer* writer_;
    cmw_error* error_;
};

class BinarySource {
  public:
    virtual ~BinarySource() = default;

    /// Write all of the artifact, in order; throw Error(CMW_NOT_FOUND, ...) if there is none.
    /// `use` holds the options of this use: use_settings<Plugin>(use) makes the struct of them.
    virtual void fetch(const Call& call, const cmw_config& use, const Artifact& artifact,
                       Writer& writer) = 0;

    using Kind = BinarySource;
    static constexpr const char* kind = CMW_KIND_BINARY_SOURCE;
    static const cmw_binary_source_ops ops;
};

inline constexpr cmw_binary_source_ops BinarySource::ops{
    .struct_size = sizeof(cmw_binary_source_ops),
    .fetch =
        [](void* instance, const cmw_call* call, const cmw_config* use,
           const cmw_artifact* artifact, const cmw_writer* writer, cmw_error* error) noexcept {
            return detail::guarded(error, [&] {
                Writer out(writer, error);
                static_cast<BinarySource*>(instance)->fetch(Call(call), *use, Artifact(artifact),
                                                            out);
            });
        },
};

} // namespace cmw
