// SPDX-License-Identifier: Apache-2.0
//
// binary_store/store.hpp - artifacts by digest, in <state-dir>/artifacts: what is under its final
// name was verified when it got there, and is verified again whenever it is used.
//
//   artifacts/blake2s-256-<hex>            whole and verified
//   artifacts/partial/blake2s-256-<hex>    what a broken fetch left, to be resumed
//   artifacts/members/, artifacts/used/    see members.hpp and uses.hpp
//
// Blocking: for a worker, not for the core's thread. Several threads may use one store, each for
// artifacts of its own.
#pragma once

#include "base/digest.hpp"
#include "binary_store/cleanup.hpp"
#include "binary_store/members.hpp"
#include "binary_store/uses.hpp"
#include "plugin_host/binary_source.hpp"

#include <atomic>
#include <memory>

namespace cmw::binary_store {

/// Bytes of a fetch so far, for `status`. Written by the worker, read by the core.
struct Progress {
    std::atomic<std::uint64_t> received{0};
    std::atomic<std::uint64_t> total{0}; ///< 0: unknown.
    /// What came is not the artifact, all of it: another try would most likely bring the same.
    std::atomic<bool> mistaken{false};
};

class Store {
  public:
    /// Makes the folders (0700) if they are missing; drops what a killed import() left.
    static base::Result<Store> open(const std::string& state_dir);
    /// To read from what there is; nothing is made or dropped.
    static Store as_it_is(const std::string& state_dir);

    bool has(const base::Digest& digest) const;
    std::string path(const base::Digest& digest) const;
    /// What is kept, by digest.
    base::Result<std::vector<base::Digest>> kept() const;

    /// What fetches that broke off left to be resumed, by digest; remove() drops one.
    base::Result<std::vector<base::Digest>> partial() const;

    /// A sink that takes the bytes of a fetch: hashes while they come, refuses the first byte over
    /// `max_size`, and in finish() checks the digest, syncs and renames. Only a fetch that broke
    /// off, or that finished short of the total it announced, leaves its partial file; a mismatch,
    /// an empty artifact or a failing disk leaves nothing. After a refusal every call fails alike.
    std::shared_ptr<plugin_host::ByteSink> receive(const base::Digest& digest,
                                                   std::int64_t max_size,
                                                   std::shared_ptr<Progress> progress) const;

    /// Keeps a copy of a file that has this digest: what was installed before we came.
    base::Result<> import(const std::string& file, const base::Digest& digest) const;

    /// Keeps a copy of any regular file that we can read, and returns the digest of that copy.
    base::Result<base::Digest> import(const std::string& file, std::string_view algorithm) const;

    Members members() const { return Members(folder_ + "/members"); }
    Uses uses() const { return Uses(folder_ + "/used"); }

    base::Result<Inventory> inventory() const;

    /// Drops what there is of it, whole or partial, and what is noted of it.
    base::Result<> remove(const base::Digest& digest) const;

  private:
    base::Result<> take_in(const std::string& copy, const base::Digest& digest) const;
    explicit Store(std::string folder) : folder_(std::move(folder)) {}
    std::string folder_;
};

} // namespace cmw::binary_store
