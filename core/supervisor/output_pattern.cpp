// SPDX-License-Identifier: Apache-2.0
#include "supervisor/output_pattern.hpp"

#include "base/system.hpp"

#include <array>
#include <fcntl.h>

namespace cmw::supervisor {

namespace {

constexpr std::size_t looked_at = 64 * 1024;

} // namespace

OutputPattern::OutputPattern(std::string pattern, std::vector<File> files)
    : text_(std::move(pattern)), pattern_(base::Pattern::compile(text_)) {
    for (auto& file : files) files_.push_back({std::move(file.path), file.at, {}});
}

base::Result<> OutputPattern::look() {
    if (!pattern_) return base::fail(pattern_.error());
    for (auto& file : files_)
        if (!seen_) read_on(file);
    if (seen_) return {};
    return base::fail(files_.empty() ? "" : files_.front().path,
                      "cannot be healthy: no line of the output matches '" + text_ + "' yet");
}

void OutputPattern::read_on(Reading& file) {
    const auto opened = base::sys::open(file.path, O_RDONLY | O_NONBLOCK);
    if (!opened) return; // It is made by the program.
    const auto found = base::sys::fstat(opened->get());
    if (!found || !S_ISREG(found->st_mode)) return;
    if (found->st_size < file.at) { // Truncated, or another one since.
        file.at = 0;
        file.line.clear();
    }
    std::array<std::byte, 64 * 1024> buffer{};
    while (!seen_) {
        const auto got = base::sys::pread(opened->get(), buffer, file.at);
        if (!got || *got == 0) return;
        file.at += static_cast<std::int64_t>(*got);
        take(file, {reinterpret_cast<const char*>(buffer.data()), *got});
    }
}

void OutputPattern::take(Reading& file, std::string_view text) {
    while (!text.empty() && !seen_) {
        const auto end = text.find('\n');
        const auto part = text.substr(0, end);
        if (file.line.size() < looked_at)
            file.line.append(part.substr(0, looked_at - file.line.size()));
        // What is not whole yet may match already: a prompt has no line feed.
        seen_ = pattern_->search(file.line).has_value();
        if (end == std::string_view::npos) return;
        file.line.clear();
        text.remove_prefix(end + 1);
    }
}

std::int64_t file_size(const std::string& path) {
    const auto found = path.empty() ? tl::unexpected(ENOENT) : base::sys::stat(path);
    return found ? found->st_size : 0;
}

} // namespace cmw::supervisor
