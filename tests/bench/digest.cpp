// SPDX-License-Identifier: Apache-2.0
//
// How much of OpenSSL's speed is left in ours: one buffer hashed by base::Hasher and by the bare
// EVP functions, in turns and by processor time, so that a busy machine does not matter much. Prints
// one line of JSON.
#include "base/digest.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <openssl/evp.h>
#include <vector>

namespace {

constexpr std::size_t block = 16 * 1024;
constexpr std::size_t blocks = 4 * 1024; // 64 MiB a round.
constexpr int rounds = 9;

using Buffer = std::vector<std::byte>;

void ours(const Buffer& buffer, std::string_view algorithm) {
    cmw::base::Hasher hasher(algorithm);
    for (std::size_t i = 0; i < blocks; ++i) hasher.update(buffer);
    (void)hasher.finish();
}

void bare(const Buffer& buffer, const EVP_MD* method) {
    auto* context = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_DigestInit_ex(context, method, nullptr);
    for (std::size_t i = 0; i < blocks; ++i)
        EVP_DigestUpdate(context, buffer.data(), buffer.size());
    EVP_DigestFinal_ex(context, digest, nullptr);
    EVP_MD_CTX_free(context);
}

double processor_seconds() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

/// MiB for each second of the processor.
template <class Work>
double speed_of(Work work) {
    const auto start = processor_seconds();
    work();
    return static_cast<double>(block * blocks) / (1024 * 1024) / (processor_seconds() - start);
}

struct Result {
    double ours = 0;
    double bare = 0;
};

/// The best of the rounds: what the code can do when the machine lets it.
Result measure(std::string_view algorithm, const EVP_MD* method) {
    const Buffer buffer(block, std::byte{42});
    Result best;
    for (int i = 0; i < rounds; ++i) {
        best.ours = std::max(best.ours, speed_of([&] { ours(buffer, algorithm); }));
        best.bare = std::max(best.bare, speed_of([&] { bare(buffer, method); }));
    }
    return best;
}

} // namespace

int main() {
    const auto blake = measure("blake2s-256", EVP_blake2s256());
    const auto sha = measure("sha-256", EVP_sha256());
    const auto sha512 = measure("sha-512", EVP_sha512());
    std::printf("{\"bench\": \"digest\", \"block_bytes\": %zu, "
                "\"blake2s-256\": {\"mib_s\": %.1f, \"openssl_mib_s\": %.1f, \"ratio\": %.3f}, "
                "\"sha-256\": {\"mib_s\": %.1f, \"openssl_mib_s\": %.1f, \"ratio\": %.3f}, "
                "\"sha-512\": {\"mib_s\": %.1f, \"openssl_mib_s\": %.1f, \"ratio\": %.3f}}\n",
                block, blake.ours, blake.bare, blake.ours / blake.bare, sha.ours, sha.bare,
                sha.ours / sha.bare, sha512.ours, sha512.bare, sha512.ours / sha512.bare);
}
