// SPDX-License-Identifier: Apache-2.0
#include "image.hpp"

#include "shared/hex.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <openssl/evp.h>
#include <sstream>

namespace cmw::container {

namespace {

constexpr std::string_view digest_prefix = "sha256:";
constexpr std::size_t longest_manifest = 4 * 1024 * 1024; // As registries have it.

bool is_digest(std::string_view text) {
    if (!text.starts_with(digest_prefix) || text.size() != digest_prefix.size() + 64) return false;
    return std::ranges::all_of(text.substr(digest_prefix.size()), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
}

bool is_name(std::string_view text) {
    const auto fits = [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("._-/:@").find(static_cast<char>(c)) != std::string_view::npos;
    };
    return !text.empty() && std::isalnum(static_cast<unsigned char>(text.front())) != 0 &&
           std::ranges::all_of(text, fits) && text.find("..") == text.npos;
}

/// Where the tag begins, behind the colon; npos: there is none.
std::size_t tag_of(std::string_view name) {
    const auto slash = name.rfind('/');
    const auto colon = name.rfind(':');
    const bool of_port = slash != name.npos && colon != name.npos && colon < slash;
    return colon == name.npos || of_port ? name.npos : colon + 1;
}

std::string manifest_digest(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    if (!file || bytes.empty() || bytes.size() > longest_manifest)
        throw Error(CMW_FAILED, "cannot read the image's manifest " + path +
                                    ": it must be a file of at most 4 MiB; is it installed?");
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, ::EVP_sha256(), nullptr) !=
        1)
        throw Error(CMW_FAILED, "cannot compute a SHA-256");
    return std::string(digest_prefix) + shared::to_hex(std::span(digest).first(size));
}

/// The end of an answer of any length.
std::string read_end(shared::HttpExchange& exchange) {
    constexpr std::size_t kept = 64 * 1024;
    std::string text;
    while (true) {
        const auto bytes = exchange.read();
        if (bytes.empty()) return text;
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        if (text.size() > 2 * kept) text.erase(0, text.size() - kept);
    }
}

[[noreturn]] void refuse(const std::string& image, const std::string& why) {
    throw Error(CMW_CONFIG, "cannot use the image \"" + image + "\": " + why);
}

} // namespace

void check_image(const UseSettings& use) {
    const auto at = use.image.find('@');
    const std::string_view name(use.image);
    if (!is_name(name)) refuse(use.image, "it is no name of an image");
    if (use.image_manifest) {
        if (at != name.npos || tag_of(name) != name.npos || is_digest(name))
            refuse(use.image,
                   "with \"image-manifest\" it is the name alone, without digest or tag");
        return;
    }
    const bool by_digest = at != name.npos && at > 0 && is_digest(name.substr(at + 1));
    if (by_digest || is_digest(name)) return;
    if (at != name.npos) refuse(use.image, "its digest must be \"sha256:\" and 64 hex digits");
    if (!use.image_by_tag)
        refuse(use.image, "it says no digest, and a tag can be pointed at another image; name it "
                          "as \"name@sha256:...\", or allow that with image-by-tag = true");
}

std::string image_of(const UseSettings& use) {
    check_image(use);
    if (!use.image_manifest) return use.image;
    return use.image + "@" + manifest_digest(use.image_manifest->string());
}

std::string pull_query(const std::string& image) {
    const auto at = image.find('@');
    const auto tag = tag_of(image);
    const auto end = at != image.npos ? at : tag != image.npos ? tag - 1 : image.size();
    // Without a tag Docker would fetch all of them.
    return "?fromImage=" + image.substr(0, end) +
           "&tag=" + (end < image.size() ? image.substr(end + 1) : "latest");
}

std::string pull_failure(const std::string& progress) {
    std::istringstream lines(progress);
    std::string failure;
    for (std::string line; std::getline(lines, line);) {
        try {
            const auto error = text_at(*parse_object(line), "error");
            if (!error.empty()) failure = one_line(error);
        } catch (const Error&) {
            continue; // Cut, or empty: what matters is whether the image is there then.
        }
    }
    return failure;
}

void need_image(const Call& call, Engine& engine, const std::string& image, bool pull) {
    const auto target = "/images/" + image + "/json";
    const auto found = engine.ask(call, "GET", target);
    if (found.ok()) return;
    const auto what = "cannot start a container of " + image + ": ";
    if (found.status != 404) throw Error(CMW_FAILED, what + words_of(found));
    if (!pull || is_digest(image))
        throw Error(CMW_NOT_FOUND, what +
                                       "the engine does not have it; fetch it by \"docker pull\" "
                                       "or \"podman pull\"");
    const auto fetching = engine.open(call, "POST", "/images/create" + pull_query(image));
    const Answer fetched{fetching->status(), read_end(*fetching)};
    if (!fetched.ok()) throw Error(CMW_AGAIN, what + "cannot fetch it: " + words_of(fetched));
    if (const auto there = engine.ask(call, "GET", target); there.ok()) return;
    const auto why = pull_failure(fetched.body);
    throw Error(CMW_AGAIN, what + "cannot fetch it" + (why.empty() ? "" : ": " + why));
}

} // namespace cmw::container
