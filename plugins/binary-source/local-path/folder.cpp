// SPDX-License-Identifier: Apache-2.0
#include "binary-source/local-path/folder.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <openssl/evp.h>
#include <unistd.h>

namespace cmw::local_path {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_files = 256;

[[noreturn]] void fail(const fs::path& path, int error) {
    if (error == ENOENT || error == ENOTDIR)
        throw Error(CMW_NOT_FOUND, "cannot find " + path.string());
    throw std::system_error(error, std::generic_category(), "cannot read " + path.string());
}

[[noreturn]] void refuse(const fs::path& path) {
    throw Error(CMW_FAILED, "cannot read " + path.string() + ": it is not a regular file");
}

bool is_same(const struct stat& a, const struct stat& b) {
    const auto equal = [](const timespec& x, const timespec& y) {
        return x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec;
    };
    return a.st_size == b.st_size && equal(a.st_mtim, b.st_mtim) && equal(a.st_ctim, b.st_ctim);
}

const EVP_MD* method_of(const std::string& algorithm) {
    if (algorithm == "blake2s-256") return EVP_blake2s256();
    if (algorithm == "sha-256") return EVP_sha256();
    if (algorithm == "sha-512") return EVP_sha512();
    return nullptr;
}

std::string hash(const Call& call, const File& file, const EVP_MD* method) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), method, nullptr) != 1)
        throw Error(CMW_FAILED, "cannot hash: OpenSSL refuses the algorithm");
    std::vector<std::byte> buffer(256 * 1024);
    off_t at = 0;
    while (true) {
        call.check();
        const auto got = ::pread(file.fd(), buffer.data(), buffer.size(), at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw std::system_error(errno, std::generic_category(), "cannot read a file");
        if (got == 0) break;
        EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(got));
        at += got;
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context.get(), digest, &size);
    std::string hex;
    for (unsigned i = 0; i < size; ++i)
        for (const auto nibble : {digest[i] >> 4, digest[i] & 15})
            hex += "0123456789abcdef"[nibble];
    return hex;
}

/// Where it leads to, if that is in the folder.
std::optional<fs::path> within(const fs::path& folder, const fs::path& path) {
    std::error_code error;
    const auto real = fs::canonical(path, error);
    if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory)
        return std::nullopt;
    if (error) fail(path, error.value());
    const auto inside = real.lexically_relative(fs::canonical(folder));
    if (inside.empty() || *inside.begin() == "..")
        throw Error(CMW_FAILED, "cannot take " + path.string() + ": it leads out of " +
                                    folder.string() + ", to " + real.string());
    return fs::is_directory(real) ? std::nullopt : std::optional(real);
}

/// Its regular files, no links, in the order of their names.
std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        std::error_code ignored;
        if (fs::is_regular_file(entry.symlink_status(ignored))) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

} // namespace

File::File(const fs::path& path) {
    struct stat before {};
    if (::stat(path.c_str(), &before) != 0) fail(path, errno);
    if (!S_ISREG(before.st_mode)) refuse(path);
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd_ < 0) fail(path, errno);
    const bool regular = ::fstat(fd_, &found_) == 0 && S_ISREG(found_.st_mode);
    if (regular) return;
    ::close(fd_); // Replaced meanwhile.
    refuse(path);
}

File::~File() {
    if (fd_ >= 0) ::close(fd_);
}

std::string Hashes::of(const Call& call, const File& file, const std::string& algorithm) {
    const auto* method = method_of(algorithm);
    if (method == nullptr) return {};
    const auto& found = file.found();
    const auto key = std::pair(found.st_dev, found.st_ino);
    const auto before = known_.find(key);
    if (before != known_.end() && before->second.algorithm == algorithm &&
        is_same(before->second.found, found))
        return before->second.hex;
    if (known_.size() >= 4 * max_files) known_.clear();
    auto hex = hash(call, file, method);
    struct stat after {};
    // What changed while it was read, or just before, is not remembered.
    const bool settled = ::fstat(file.fd(), &after) == 0 && is_same(after, found) &&
                         ::time(nullptr) > found.st_ctim.tv_sec + 2;
    if (settled) known_.insert_or_assign(key, Known{algorithm, found, hex});
    return hex;
}

fs::path find_in(const Call& call, const fs::path& folder, const Artifact& artifact,
                 Hashes& hashes) {
    const auto hex = artifact.hex();
    const std::string target(artifact.target());
    for (const auto& name : {hex, target + "/" + hex})
        if (const auto found = within(folder, folder / name)) return *found;
    const auto files = files_in(folder);
    const auto looked_at = std::min(files.size(), max_files);
    const std::string algorithm(artifact.algorithm());
    for (const auto& path : std::span(files).first(looked_at)) {
        try {
            if (hashes.of(call, File(path), algorithm) == hex) return path;
        } catch (const std::system_error&) {
            continue; // Not ours to read: another one may be it.
        } catch (const Error& error) {
            if (error.status() != CMW_NOT_FOUND && error.status() != CMW_FAILED) throw;
        }
    }
    throw Error(CMW_NOT_FOUND, "cannot find the artifact in " + folder.string() + ": tried " + hex +
                                   ", " + target + "/" + hex + ", and hashed " +
                                   std::to_string(looked_at) + " of its " +
                                   std::to_string(files.size()) + " files; waiting for it");
}

} // namespace cmw::local_path
