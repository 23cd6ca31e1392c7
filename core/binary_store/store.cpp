// SPDX-License-Identifier: Apache-2.0
#include "binary_store/store.hpp"

#include "base/system.hpp"
#include "binary_store/receiver.hpp"
#include "binary_store/storage_problem.hpp"
#include "binary_store/verified_copy.hpp"

#include <cerrno>

namespace cmw::binary_store {

using namespace base;

namespace {

constexpr mode_t mode_of_folders = 0700;
constexpr mode_t mode_of_files = 0400;

std::string partial_folder(const std::string& folder) {
    return folder + "/partial";
}

Result<std::vector<std::string>> names_in(const std::string& folder) {
    auto names = sys::list(folder);
    if (!names) return fail(system_problem(folder, "list the folder", names.error()));
    return std::move(*names);
}

Result<std::vector<Digest>> digests_in(const std::string& folder) {
    const auto names = names_in(folder);
    if (!names) return fail(names.error());
    std::vector<Digest> digests;
    for (const auto& name : *names) {
        if (auto digest = parse_digest_name(name)) digests.push_back(std::move(*digest));
    }
    return digests;
}

Result<> remove_file(const std::string& path) {
    const auto gone = sys::unlink(path);
    if (gone || gone.error() == ENOENT) return {};
    return fail(storage_problem(path, "remove the file", gone.error()));
}

Result<> sync_folder(const std::string& folder) {
    const auto synced = sys::fsync_folder(folder);
    if (!synced) return fail(storage_problem(folder, "sync the folder", synced.error()));
    return {};
}

} // namespace

Result<Store> Store::open(const std::string& state_dir) {
    Store store(state_dir + "/artifacts");
    const auto partial = partial_folder(store.folder_);
    for (const auto& folder : {partial, store.folder_ + "/members", store.folder_ + "/used"})
        if (const auto made = sys::make_folders(folder, mode_of_folders); !made)
            return fail(storage_problem(folder, "make the folder", made.error()));
    // An import that was killed left a copy under a name of its own; the rest can be resumed.
    const auto names = names_in(partial);
    if (!names) return fail(names.error());
    for (const auto& name : *names) {
        if (parse_digest_name(name)) continue;
        if (const auto gone = remove_file(partial + "/" + name); !gone) return fail(gone.error());
    }
    return store;
}

Store Store::as_it_is(const std::string& state_dir) {
    return Store(state_dir + "/artifacts");
}

bool Store::has(const Digest& digest) const {
    const auto found = sys::lstat(path(digest));
    return found && S_ISREG(found->st_mode);
}

std::string Store::path(const Digest& digest) const {
    return folder_ + "/" + digest.name();
}

Result<std::vector<Digest>> Store::kept() const {
    return digests_in(folder_);
}

Result<std::vector<Digest>> Store::partial() const {
    return digests_in(partial_folder(folder_));
}

std::shared_ptr<plugin_host::ByteSink> Store::receive(const Digest& digest, std::int64_t max_size,
                                                      std::shared_ptr<Progress> progress) const {
    return std::make_shared<Receiver>(
        Receiver::Files{partial_folder(folder_) + "/" + digest.name(), path(digest)}, digest,
        max_size, std::move(progress));
}

Result<> Store::import(const std::string& file, const Digest& digest) const {
    const auto beside = partial_folder(folder_) + "/" + digest.name() + ".import";
    const auto copied = copy_verified(file, beside, digest, {.mode = mode_of_files, .owner = {}});
    if (!copied) return copied;
    return take_in(beside, digest);
}

Result<Digest> Store::import(const std::string& file, std::string_view algorithm) const {
    const auto beside = partial_folder(folder_) + "/file.import";
    auto copied = copy_hashed(file, beside, algorithm, {.mode = mode_of_files, .owner = {}});
    if (!copied) return copied;
    if (const auto taken = take_in(beside, *copied); !taken) return fail(taken.error());
    return copied;
}

Result<> Store::take_in(const std::string& copy, const Digest& digest) const {
    if (const auto renamed = sys::rename(copy, path(digest)); !renamed) {
        (void)sys::unlink(copy);
        return fail(storage_problem(path(digest), "rename the imported file", renamed.error()));
    }
    return sync_folder(folder_);
}

Result<Inventory> Store::inventory() const {
    Inventory inventory;
    const auto whole = kept();
    if (!whole) return fail(whole.error());
    const auto used = uses().all();
    if (!used) return fail(used.error());
    for (const auto& digest : *whole) {
        const auto found = sys::lstat(path(digest));
        if (!found) return fail(storage_problem(path(digest), "look at the file", found.error()));
        const auto use = used->find(digest);
        inventory.whole.push_back({digest, static_cast<std::uint64_t>(found->st_size),
                                   use == used->end() ? Uses::Times() : use->second});
    }
    auto rest = partial();
    if (!rest) return fail(rest.error());
    inventory.partial = std::move(*rest);
    return inventory;
}

Result<> Store::remove(const Digest& digest) const {
    if (const auto gone = remove_file(partial_folder(folder_) + "/" + digest.name()); !gone)
        return gone;
    if (const auto gone = remove_file(path(digest)); !gone) return gone;
    if (const auto gone = members().forget(digest); !gone) return gone;
    if (const auto gone = uses().forget(digest); !gone) return gone;
    return sync_folder(folder_);
}

} // namespace cmw::binary_store
