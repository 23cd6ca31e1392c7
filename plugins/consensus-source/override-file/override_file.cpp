// SPDX-License-Identifier: Apache-2.0
#include "consensus-source/override-file/override_file.hpp"

#include "shared/file_watch.hpp"
#include "shared/small_file.hpp"

#include <ctime>
#include <sys/stat.h>

namespace cmw::override_file {
namespace {

// A record of a hundred fields is a hundredth of it.
constexpr std::size_t largest_file = 1u << 20;

/// In UTC: "2026-01-01T00:00:00Z".
std::string time_text(std::time_t time) {
    std::tm utc{};
    char text[32] = "";
    if (::gmtime_r(&time, &utc) != nullptr) (void)std::strftime(text, sizeof text, "%FT%TZ", &utc);
    return text;
}

} // namespace

OverrideFile::OverrideFile(Settings settings, Host host)
    : settings_(std::move(settings)), host_(host) {}

OverrideFile::~OverrideFile() = default;

void OverrideFile::poll(const Call& call, Verdict& verdict) {
    if (watch_) {
        wait_for_change(call);
    } else {
        // Watch first: what changes between the two is seen later, instead of never.
        auto watch = std::make_unique<shared::FileWatch>(settings_.path);
        hashes_ = read();
        watch_ = std::move(watch);
    }
    verdict.run(0);
    for (const auto& [target, hash] : hashes_) verdict.approve(target, settings_.algorithm, hash);
    verdict.fact("file", settings_.path.string());
    verdict.fact("modified", modified_);
}

void OverrideFile::wait_for_change(const Call& call) {
    while (true) {
        const auto change = watch_->wait(call);
        if (!watch_->current()) watch_ = std::make_unique<shared::FileWatch>(settings_.path);
        try {
            auto hashes = read();
            if (hashes == hashes_) continue;
            hashes_ = std::move(hashes);
            return;
        } catch (const Error& e) {
            // It is being written: the last answer stands until the writer is done.
            if (change == shared::Change::Settled || e.status() != CMW_INVALID) throw;
        }
    }
}

Hashes OverrideFile::read() {
    const auto name = settings_.path.string();
    const auto file = shared::read_small_file(name, largest_file);
    if (!file) throw Error(CMW_NOT_FOUND, "cannot open " + name + ": there is no such file");
    if ((file->mode & S_IWOTH) != 0)
        throw Error(CMW_DENIED,
                    "cannot trust " + name + ": anyone may write it; run chmod o-w on it");
    try {
        auto hashes = parse_hashes(file->text);
        modified_ = time_text(file->modified);
        return hashes;
    } catch (const Error& e) {
        throw Error(e.status(), "cannot use " + name + ": " + e.what());
    }
}

} // namespace cmw::override_file
