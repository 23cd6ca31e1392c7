// SPDX-License-Identifier: Apache-2.0
#include "compression.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <cmw/error.hpp>
#include <memory>
#include <unistd.h>
#include <vector>

namespace cmw::file {

namespace {

using Archive = std::unique_ptr<archive, decltype(&::archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&::archive_entry_free)>;

void need(archive* writer, la_ssize_t result) {
    if (result >= ARCHIVE_OK) return;
    const auto* text = ::archive_error_string(writer);
    throw Error(CMW_FAILED, text != nullptr ? text : "libarchive does not say why");
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

Archive open(int to, Compression how) {
    Archive writer(::archive_write_new(), &::archive_write_free);
    if (!writer) throw std::bad_alloc();
    auto* const raw = writer.get();
    need(raw, how == Compression::gzip ? ::archive_write_add_filter_gzip(raw)
                                       : ::archive_write_add_filter_zstd(raw));
    need(raw, ::archive_write_set_format_raw(raw));
    need(raw, ::archive_write_set_bytes_in_last_block(raw, 1)); // Nothing is filled up.
    need(raw, ::archive_write_open_fd(raw, to));
    const Entry entry(::archive_entry_new(), &::archive_entry_free);
    ::archive_entry_set_filetype(entry.get(), AE_IFREG);
    ::archive_entry_set_pathname(entry.get(), "log");
    need(raw, ::archive_write_header(raw, entry.get()));
    return writer;
}

} // namespace

std::string_view suffix(Compression how) {
    switch (how) {
    case Compression::gzip:
        return ".gz";
    case Compression::zstd:
        return ".zst";
    case Compression::none:
        break;
    }
    return "";
}

bool compress(int from, int to, Compression how, const std::atomic<bool>& stop) {
    const auto writer = open(to, how);
    std::vector<char> block(std::size_t{256} * 1024);
    while (!stop) {
        const auto got = ::read(from, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("reading");
        if (got == 0) {
            need(writer.get(), ::archive_write_close(writer.get()));
            if (::fsync(to) != 0) fail("making it durable");
            return true;
        }
        need(writer.get(),
             ::archive_write_data(writer.get(), block.data(), static_cast<std::size_t>(got)));
    }
    return false;
}

} // namespace cmw::file
