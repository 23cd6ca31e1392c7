// SPDX-License-Identifier: Apache-2.0
#include "binary_store/archive.hpp"

#include "base/text.hpp"
#include "binary_store/storage_problem.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <fmt/format.h>
#include <memory>
#include <vector>

namespace cmw::binary_store {

using namespace base;

namespace {

constexpr unsigned max_members = 100'000;
constexpr std::size_t max_names_shown = 5;

/// What libarchive calls back to read.
class Input {
  public:
    explicit Input(const ArchiveBytes& bytes) : bytes_(bytes), buffer_(64 * 1024) {}

    std::optional<int> error() const { return error_; } ///< An errno.

    static la_ssize_t read(archive*, void* self, const void** buffer) {
        return static_cast<Input*>(self)->next(*buffer);
    }
    static la_int64_t seek(archive*, void* self, la_int64_t offset, int whence) {
        auto& input = *static_cast<Input*>(self);
        const auto size = static_cast<la_int64_t>(input.bytes_.size);
        const auto base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? input.at_ : size;
        if (offset < -base || offset > size - base) return ARCHIVE_FATAL;
        return input.at_ = base + offset;
    }
    static la_int64_t skip(archive*, void* self, la_int64_t wanted) {
        auto& input = *static_cast<Input*>(self);
        const auto left = static_cast<la_int64_t>(input.bytes_.size) - input.at_;
        const auto skipped = std::max<la_int64_t>(0, std::min(wanted, left));
        input.at_ += skipped;
        return skipped;
    }

  private:
    la_ssize_t next(const void*& buffer) {
        const auto got = bytes_.read(buffer_, at_);
        if (!got) {
            error_ = got.error();
            return ARCHIVE_FATAL;
        }
        buffer = buffer_.data();
        at_ += static_cast<la_int64_t>(*got);
        return static_cast<la_ssize_t>(*got);
    }

    const ArchiveBytes& bytes_;
    std::vector<std::byte> buffer_;
    la_int64_t at_ = 0;
    std::optional<int> error_;
};

/// For one line of a message.
std::string printable(std::string_view text) {
    std::string shown;
    for (const char c : text.substr(0, 80))
        shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return shown;
}

std::string name_of(archive_entry* entry) {
    if (const auto* name = ::archive_entry_pathname_utf8(entry)) return name;
    if (const auto* name = ::archive_entry_pathname(entry)) return name;
    return {};
}

class Unpacking {
  public:
    Unpacking(const ArchiveBytes& bytes, std::string_view member, std::uint64_t max_size,
              const MemberSink& sink)
        : bytes_(bytes), member_(member), max_size_(max_size), sink_(sink), input_(bytes) {}

    Result<> run() {
        if (const auto opened = open(); !opened) return opened;
        while (true) {
            archive_entry* entry = nullptr;
            const auto status = ::archive_read_next_header(archive_.get(), &entry);
            if (status == ARCHIVE_EOF) break;
            // A warning is about a name or an attribute that this program does not use.
            if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return broken();
            if (const auto seen = look_at(entry); !seen) return seen;
        }
        if (found_) return {};
        return refuse(names_.empty() ? "it holds no file"
                                     : fmt::format("it has no file {}, but {}", member_, names_),
                      "correct unpack of the component");
    }

  private:
    using Handle = std::unique_ptr<archive, int (*)(archive*)>;

    Result<> open() {
        auto* handle = archive_.get();
        if (handle == nullptr) return refuse("no memory is left");
        for (const auto added :
             {::archive_read_support_filter_gzip(handle),
              ::archive_read_support_filter_zstd(handle), ::archive_read_support_format_tar(handle),
              // Not the streaming one: the directory at the end is what tells members apart.
              ::archive_read_support_format_zip_seekable(handle),
              ::archive_read_set_read_callback(handle, &Input::read),
              ::archive_read_set_seek_callback(handle, &Input::seek),
              ::archive_read_set_skip_callback(handle, &Input::skip),
              ::archive_read_set_callback_data(handle, &input_)})
            if (added != ARCHIVE_OK) return broken();
        if (::archive_read_open1(handle) != ARCHIVE_OK) return broken();
        return {};
    }

    Result<> look_at(archive_entry* entry) {
        if (::archive_filter_count(archive_.get()) > 2)
            return refuse("it is packed more than once");
        if (++members_ > max_members)
            return refuse(fmt::format("it has more than {} members", max_members));
        const auto size = ::archive_entry_size_is_set(entry) != 0 ? ::archive_entry_size(entry) : 0;
        if (size < 0 || static_cast<std::uint64_t>(size) > max_size_ - total_)
            return refuse("unpacked it has more than " + format_size(max_size_) + ", the limit",
                          "raise max-size of the component if it should be that large");
        total_ += static_cast<std::uint64_t>(size);
        const auto name = name_of(entry);
        if (normal_member_name(name) == member_)
            return take(entry, static_cast<std::uint64_t>(size));
        if (++names_seen_ <= max_names_shown)
            names_ += (names_.empty() ? "" : ", ") + printable(name);
        else if (names_seen_ == max_names_shown + 1)
            names_ += " and more";
        return {};
    }

    Result<> take(archive_entry* entry, std::uint64_t size) {
        if (found_) return refuse(fmt::format("it has {} more than once", member_));
        found_ = true;
        if (::archive_entry_hardlink(entry) != nullptr || ::archive_entry_symlink(entry) != nullptr)
            return refuse(fmt::format("its {} is a link", member_));
        if (::archive_entry_filetype(entry) != AE_IFREG)
            return refuse(fmt::format("its {} is not a regular file", member_));
        if (::archive_entry_is_encrypted(entry) != 0)
            return refuse(fmt::format("its {} is encrypted", member_));
        if (size == 0) return refuse(fmt::format("its {} is empty", member_));
        if (auto begun = sink_.begin(size); !begun) return begun;
        std::uint64_t taken = 0;
        std::vector<std::byte> buffer(256 * 1024);
        while (true) {
            const auto got = ::archive_read_data(archive_.get(), buffer.data(), buffer.size());
            if (got < 0) return broken();
            if (got == 0) break;
            const auto count = static_cast<std::size_t>(got);
            if (count > size - taken)
                return refuse(fmt::format("its {} has more bytes than announced", member_));
            taken += count;
            if (auto written = sink_.write(std::span(buffer).first(count)); !written)
                return written;
        }
        if (taken == size) return {};
        return refuse(fmt::format("its {} has only {} of {} bytes", member_, taken, size));
    }

    /// What libarchive says, or why it could not read.
    Result<> broken() const {
        if (input_.error())
            return fail(storage_problem(bytes_.path, "read the archive", *input_.error()));
        const auto* words = ::archive_error_string(archive_.get());
        return refuse(words == nullptr ? std::string("it is damaged") : printable(words),
                      "it must be a .tar, .tar.gz, .tar.zst or .zip file");
    }
    Result<> refuse(const std::string& why, std::string fix = {}) const {
        return fail(bytes_.path, "cannot unpack the archive: " + why, std::move(fix));
    }

    const ArchiveBytes& bytes_;
    std::string member_;
    std::uint64_t max_size_;
    const MemberSink& sink_;
    Input input_;
    Handle archive_{::archive_read_new(), &::archive_read_free};
    bool found_ = false;
    unsigned members_ = 0;
    std::uint64_t total_ = 0;
    std::string names_; ///< Of other members, a few.
    std::size_t names_seen_ = 0;
};

} // namespace

std::optional<std::string> normal_member_name(std::string_view name) {
    std::string normal;
    while (!name.empty()) {
        const auto end = std::min(name.find('/'), name.size());
        const auto part = name.substr(0, end);
        name.remove_prefix(std::min(end + 1, name.size()));
        if (part == "..") return std::nullopt;
        if (part.empty() || part == ".") continue;
        if (!normal.empty()) normal += '/';
        normal += part;
    }
    if (normal.empty()) return std::nullopt;
    return normal;
}

Result<> unpack_member(const ArchiveBytes& archive, std::string_view member, std::uint64_t max_size,
                       const MemberSink& sink) {
    return Unpacking(archive, member, max_size, sink).run();
}

} // namespace cmw::binary_store
