// SPDX-License-Identifier: Apache-2.0
#include "supervisor/output_pattern.hpp"

#include "base/system.hpp"

#include <array>
#include <fcntl.h>
#include <regex>

namespace cmw::supervisor {

namespace {

/// std::regex recurses for each character it repeats over.
constexpr std::size_t looked_at = 1000;

} // namespace

struct OutputPattern::Reading {
    std::string path;
    std::int64_t at = 0;
    std::string line; ///< The beginning of one that is not whole yet.
};

struct OutputPattern::Pattern {
    std::regex regex;
};

OutputPattern::OutputPattern(std::string pattern, std::vector<File> files)
    : text_(std::move(pattern)),
      pattern_(std::make_unique<Pattern>(
          Pattern{std::regex(text_, std::regex::ECMAScript | std::regex::optimize)})) {
    for (auto& file : files) files_.push_back({std::move(file.path), file.at, {}});
}

OutputPattern::~OutputPattern() = default;

base::Result<> OutputPattern::look() {
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
        try {
            // What is not whole yet may match already: a prompt has no line feed.
            seen_ = std::regex_search(file.line, pattern_->regex);
        } catch (const std::regex_error&) {
            seen_ = false; // Too much work for this line: it does not match.
        }
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
