// SPDX-License-Identifier: Apache-2.0
//
// A large artifact on its way to its place: received, staged, and unpacked from an archive. How much
// memory each takes beyond what the process had, and how fast it goes beside hashing alone. Prints
// one line of JSON. BENCH_STAGE_MIB: its size (default 1024).
#include "base/system.hpp"
#include "binary_store/activation.hpp"
#include "binary_store/archive.hpp"
#include "support/temporary_folder.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <cmw/abi/binary_source.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace cmw;
using namespace cmw::binary_store;

namespace {

constexpr std::size_t block = 256 * 1024;

/// Bytes that do not compress away, the same at each call for a position.
void fill(std::vector<std::byte>& bytes, std::uint64_t at) {
    std::uint64_t state = at * 0x9E3779B97F4A7C15U + 1;
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        const auto word = state & 0x0f0f0f0f0f0f0f0fU;
        std::memcpy(bytes.data() + i, &word, sizeof word);
    }
}

std::uint64_t kib_of(const char* key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(key)) return std::stoull(line.substr(std::strlen(key)));
    return 0;
}

double seconds_since(base::Monotonic begin) {
    return std::chrono::duration<double>(base::monotonic_now() - begin).count();
}

struct Measured {
    double mib_s = 0;
    double peak_mib = 0; ///< Above what was resident before.
};

template <class Work>
Measured measure(double mib, Work work) {
    std::ofstream("/proc/self/clear_refs") << "5"; // The peak begins here.
    const auto resident = kib_of("VmRSS:");
    const auto begin = base::monotonic_now();
    const base::Result<> done = work();
    if (!done) {
        std::fprintf(stderr, "%s\n", base::to_string(done.error()).c_str());
        std::exit(1);
    }
    const auto seconds = seconds_since(begin);
    return {mib / seconds, static_cast<double>(kib_of("VmHWM:") - resident) / 1024};
}

void write_archive(const std::string& path, std::uint64_t size) {
    auto* writer = ::archive_write_new();
    ::archive_write_set_format_pax_restricted(writer);
    ::archive_write_add_filter_gzip(writer);
    ::archive_write_set_options(writer, "compression-level=1");
    if (::archive_write_open_filename(writer, path.c_str()) != ARCHIVE_OK) std::exit(1);
    auto* entry = ::archive_entry_new();
    ::archive_entry_set_pathname(entry, "bin/node");
    ::archive_entry_set_filetype(entry, AE_IFREG);
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(size));
    ::archive_write_header(writer, entry);
    std::vector<std::byte> bytes(block);
    for (std::uint64_t at = 0; at < size; at += block) {
        fill(bytes, at);
        ::archive_write_data(writer, bytes.data(), bytes.size());
    }
    ::archive_entry_free(entry);
    ::archive_write_close(writer);
    ::archive_write_free(writer);
}

base::Digest digest_of_archive(const std::string& path) {
    const auto file = base::sys::open(path, 0).value();
    return base::digest_of_file(file.get(), path).value();
}

void print(const char* name, const Measured& measured, double hash_mib_s) {
    std::printf(", \"%s\": {\"mib_s\": %.0f, \"of_hash_speed\": %.2f, \"peak_mib\": %.1f}", name,
                measured.mib_s, measured.mib_s / hash_mib_s, measured.peak_mib);
}

} // namespace

int main() {
    const auto* wanted = std::getenv("BENCH_STAGE_MIB");
    const std::uint64_t size = (wanted != nullptr ? std::stoull(wanted) : 1024) << 20;
    const auto mib = static_cast<double>(size >> 20);
    const test::TemporaryFolder folder;
    const auto store = Store::open(folder / "state").value();
    std::filesystem::create_directory(folder / "bin");
    std::vector<std::byte> bytes(block);

    std::optional<base::Digest> digest;
    const auto hashed = measure(mib, [&]() -> base::Result<> {
        base::Hasher hasher(base::default_algorithm);
        for (std::uint64_t at = 0; at < size; at += block) {
            fill(bytes, at);
            hasher.update(bytes);
        }
        digest = hasher.finish();
        return {};
    });
    const auto received = measure(mib, [&]() -> base::Result<> {
        const auto sink = store.receive(*digest, static_cast<std::int64_t>(size), nullptr);
        if (auto begun = sink->begin(0, size); !begun) return begun;
        for (std::uint64_t at = 0; at < size; at += block) {
            fill(bytes, at);
            if (auto written = sink->write(bytes); !written) return written;
        }
        return sink->finish();
    });
    const Target plain{folder / "bin/plain", 0755, false};
    const auto staged = measure(mib, [&] { return stage(store, *digest, plain); });
    (void)store.remove(*digest);

    write_archive(folder / "archive", size);
    const auto archive = digest_of_archive(folder / "archive");
    if (!store.import(folder / "archive", archive)) return 1;
    const Target packed{folder / "bin/packed", 0755, false, "bin/node", size};
    const auto unpacked = measure(mib, [&] { return stage(store, archive, packed); });

    std::printf("{\"bench\": \"stage\", \"mib\": %.0f, \"hash_mib_s\": %.0f", mib, hashed.mib_s);
    print("receive", received, hashed.mib_s);
    print("stage", staged, hashed.mib_s);
    print("unpack", unpacked, hashed.mib_s);
    std::printf("}\n");
}
