// SPDX-License-Identifier: Apache-2.0
#include "binary_store/receiver.hpp"

#include "base/system.hpp"
#include "base/text.hpp"
#include "binary_store/storage_problem.hpp"
#include "binary_store/verified_copy.hpp"

#include <cerrno>
#include <cmw/abi/binary_source.h>
#include <fcntl.h>

namespace cmw::binary_store {

using namespace base;

namespace {

/// Bytes of an earlier try that can be resumed; 0 if there are none.
std::uint64_t kept_bytes(const std::string& partial, std::uint64_t max_size) {
    const auto found = sys::lstat(partial);
    if (!found || !S_ISREG(found->st_mode)) return 0;
    const auto size = static_cast<std::uint64_t>(found->st_size);
    return size <= max_size ? size : 0;
}

constexpr mode_t mode_of_whole = 0400;
constexpr mode_t mode_of_partial = 0600;

} // namespace

Receiver::Receiver(Files files, Digest expected, std::int64_t max_size,
                   std::shared_ptr<Progress> progress)
    : files_(std::move(files)),
      expected_(std::move(expected)),
      max_size_(static_cast<std::uint64_t>(std::max<std::int64_t>(max_size, 0))),
      progress_(std::move(progress)),
      kept_(kept_bytes(files_.partial, max_size_)),
      hasher_(expected_.algorithm) {}

Result<> Receiver::begin(std::uint64_t offset, std::uint64_t total) {
    if (refused_) return fail(*refused_);
    if (file_) return refuse({{}, "cannot begin the artifact a second time", {}});
    if (total != CMW_SIZE_UNKNOWN) total_ = total;
    if (const auto fits = check_announced(offset, total); !fits) return refuse(fits.error());
    const auto opened = offset == 0 ? start_anew() : resume();
    if (!opened) return refuse(opened.error());
    received_ = offset;
    resumed_ = offset != 0;
    if (progress_) {
        progress_->received = received_;
        progress_->total = total_.value_or(0);
    }
    return {};
}

Result<> Receiver::check_announced(std::uint64_t offset, std::uint64_t total) const {
    if (offset != 0 && offset != kept_)
        return fail({}, "cannot resume the artifact at byte " + std::to_string(offset) + ": " +
                            std::to_string(kept_) + " are kept");
    if (total == CMW_SIZE_UNKNOWN) return {};
    if (total > max_size_) {
        if (progress_) progress_->mistaken = true;
        return fail({},
                    "cannot accept the artifact: it has " + format_size(total) + ", the limit is " +
                        format_size(max_size_),
                    "raise max-size of the component if it should be that large");
    }
    if (total == 0) return fail({}, "cannot accept the artifact: it is empty");
    if (total < offset)
        return fail({}, "cannot resume the artifact: " + std::to_string(offset) +
                            " bytes are kept, the source has only " + std::to_string(total));
    return check_room(folder_of(files_.partial), total - offset);
}

Result<> Receiver::start_anew() {
    const auto gone = sys::unlink(files_.partial);
    if (!gone && gone.error() != ENOENT)
        return fail(storage_problem(files_.partial, "replace the file", gone.error()));
    auto file =
        sys::open(files_.partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode_of_partial);
    if (!file) return fail(storage_problem(files_.partial, "create the file", file.error()));
    file_ = std::move(*file);
    return {};
}

Result<> Receiver::resume() {
    auto file = sys::open(files_.partial, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    if (!file) return fail(storage_problem(files_.partial, "open the file", file.error()));
    const auto found = sys::fstat(file->get());
    if (!found) return fail(storage_problem(files_.partial, "read the file", found.error()));
    if (!S_ISREG(found->st_mode) || static_cast<std::uint64_t>(found->st_size) != kept_)
        return fail(files_.partial, "cannot resume the artifact: the kept file was changed");
    std::vector<std::byte> buffer(256 * 1024);
    for (std::uint64_t at = 0; at < kept_;) {
        const auto wanted = std::min<std::uint64_t>(buffer.size(), kept_ - at);
        const auto got =
            sys::pread(file->get(), std::span(buffer).first(wanted), static_cast<std::int64_t>(at));
        if (!got) return fail(storage_problem(files_.partial, "read the file", got.error()));
        if (*got == 0)
            return fail(files_.partial, "cannot resume the artifact: the kept file was cut off");
        hasher_.update(std::span(buffer).first(*got));
        at += *got;
    }
    file_ = std::move(*file);
    return {};
}

Result<> Receiver::write(std::span<const std::byte> bytes) {
    if (refused_) return fail(*refused_);
    if (!file_) {
        if (const auto begun = begin(0, CMW_SIZE_UNKNOWN); !begun) return begun;
    }
    const auto limit = total_.value_or(max_size_);
    if (bytes.size() > limit - received_) {
        if (progress_) progress_->mistaken = true;
        return refuse({{},
                       "cannot accept the artifact: more than " +
                           (total_ ? "the announced " + std::to_string(limit) + " bytes"
                                   : format_size(limit) + ", the limit,") +
                           " came",
                       {}});
    }
    hasher_.update(bytes);
    const auto written = sys::pwrite_all(file_.get(), bytes, static_cast<std::int64_t>(received_));
    if (!written) return refuse(storage_problem(files_.partial, "write the file", written.error()));
    received_ += bytes.size();
    if (progress_) progress_->received = received_;
    return {};
}

Result<> Receiver::finish() {
    if (refused_) return fail(*refused_);
    if (total_ && received_ < *total_) {
        // The partial file stays: a next try goes on from here.
        file_.reset();
        refused_ = Problem{{},
                           "cannot accept the artifact: only " + std::to_string(received_) +
                               " of " + std::to_string(*total_) + " bytes came",
                           {}};
        return fail(*refused_);
    }
    if (const auto complete = check_complete(); !complete) return refuse(complete.error());
    if (const auto kept = keep(); !kept) return refuse(kept.error());
    file_.reset();
    refused_ = Problem{{}, "cannot take more: the artifact is complete", {}};
    return {};
}

Result<> Receiver::check_complete() {
    if (received_ == 0) return fail({}, "cannot accept the artifact: it is empty");
    const auto found = hasher_.finish();
    if (found == expected_) return {};
    auto problem = digest_problem(found, expected_);
    if (resumed_)
        problem.fix = "the next try fetches it from its first byte";
    else if (progress_)
        progress_->mistaken = true;
    return fail(std::move(problem));
}

Result<> Receiver::keep() {
    const auto& whole = files_.whole;
    if (const auto set = sys::fchmod(file_.get(), mode_of_whole); !set)
        return fail(storage_problem(files_.partial, "set the mode of the file", set.error()));
    if (const auto synced = sys::fsync(file_.get()); !synced)
        return fail(storage_problem(files_.partial, "sync the file", synced.error()));
    if (const auto renamed = sys::rename(files_.partial, whole); !renamed)
        return fail(storage_problem(whole, "rename the fetched file", renamed.error()));
    if (const auto synced = sys::fsync_folder(folder_of(whole)); !synced)
        return fail(storage_problem(folder_of(whole), "sync the folder", synced.error()));
    return {};
}

/// Ends the fetch for good; what it left could only fail again, or fill a full disk.
Result<> Receiver::refuse(Problem problem) {
    file_.reset();
    (void)sys::unlink(files_.partial);
    refused_ = problem;
    return fail(std::move(problem));
}

} // namespace cmw::binary_store
