// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"

#include "base/system.hpp"
#include "support/temporary_folder.hpp"

#include <fcntl.h>

using namespace cmw::base;

namespace {

// RFC 7693, appendix B: BLAKE2s-256 of "abc".
constexpr std::string_view blake2s_abc =
    "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982";
// FIPS 180-2: SHA-256 of "abc".
constexpr std::string_view sha256_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

} // namespace

TEST_CASE("digests are those of the published vectors, in one piece or several") {
    Hasher whole("blake2s-256");
    whole.update(bytes("abc"));
    CHECK(whole.finish().hex() == blake2s_abc);
    Hasher pieces("blake2s-256");
    for (const auto* piece : {"a", "", "bc"}) pieces.update(bytes(piece));
    CHECK(pieces.finish().hex() == blake2s_abc);
    Hasher other("sha-256");
    other.update(bytes("abc"));
    CHECK(other.finish().hex() == sha256_abc);
}

TEST_CASE("digests are read from hexadecimal of either case, with or without prefix") {
    CHECK(parse_digest(blake2s_abc)->hex() == blake2s_abc);
    CHECK(parse_digest("0x" + std::string(blake2s_abc))->hex() == blake2s_abc);
    CHECK_FALSE(parse_digest("abc"));
    CHECK_FALSE(parse_digest(std::string(63, 'a')));
    CHECK_FALSE(parse_digest(std::string(66, 'a')));
    CHECK_FALSE(parse_digest(std::string(64, 'g')));
    CHECK_FALSE(parse_digest(blake2s_abc, "md5"));
    CHECK(parse_digest(std::string(64, '0'))->all_zero());
    CHECK_FALSE(parse_digest(blake2s_abc)->all_zero());
}

TEST_CASE("a digest's name is read back") {
    for (const auto* algorithm : {"blake2s-256", "sha-256"}) {
        const auto digest = parse_digest(blake2s_abc, algorithm);
        REQUIRE(digest);
        CHECK(parse_digest_name(digest->name()) == digest);
    }
    CHECK_FALSE(parse_digest_name("lock"));
    CHECK_FALSE(parse_digest_name("-"));
    CHECK_FALSE(parse_digest_name("md5-" + std::string(blake2s_abc)));
}

TEST_CASE("a file is hashed from its start, and a read that fails is a problem") {
    const cmw::test::TemporaryFolder folder;
    cmw::test::write_text(folder / "abc", "abc");
    const auto file = sys::open(folder / "abc", O_RDONLY);
    REQUIRE(file);
    const auto digest = digest_of_file(file->get(), "abc");
    REQUIRE(digest);
    CHECK(digest->hex() == blake2s_abc);
    sys::set_fault_plan([](sys::Call call, auto) { return call == sys::Call::read ? EIO : 0; });
    const auto failed = digest_of_file(file->get(), "abc");
    sys::set_fault_plan({});
    REQUIRE_FALSE(failed);
    CHECK(to_string(failed.error()) == "abc: cannot read the file: Input/output error");
}
