// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include "shared/record_text.hpp"

#include <charconv>

namespace cmw::file {

namespace {

mode_t parse_mode(const std::string& text) {
    unsigned mode = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, mode, 8);
    if (error != std::errc{} || stop != end || mode > 0777)
        throw Error(CMW_CONFIG, "cannot use the mode \"" + text + "\": write it like \"0640\"");
    return mode;
}

Compression compression_of(const std::string& name) {
    if (name == "gzip") return Compression::gzip;
    return name == "zstd" ? Compression::zstd : Compression::none;
}

} // namespace

std::filesystem::path expand(const std::filesystem::path& pattern, std::string_view stream) {
    std::string path;
    std::string_view rest = pattern.native();
    for (auto brace = rest.find('{'); brace != rest.npos; brace = rest.find('{')) {
        path += rest.substr(0, brace);
        rest.remove_prefix(brace);
        constexpr std::string_view word = "{stream}";
        if (!rest.starts_with(word))
            throw Error(CMW_CONFIG, "cannot use the path " + pattern.string() +
                                        ": only {stream} may stand in braces");
        path += stream;
        rest.remove_prefix(word.size());
    }
    return path.append(rest);
}

void FileBackend::check(const Settings& settings) {
    (void)parse_mode(settings.mode);
    (void)find_owner(settings.owner, settings.group);
    (void)expand(settings.path, "x");
}

void FileBackend::check_use(const Settings&, const UseSettings& use) {
    if (use.path) (void)expand(*use.path, "x");
}

FileBackend::FileBackend(Settings settings, Host host) : settings_(std::move(settings)) {
    check(settings_);
    const auto how = compression_of(settings_.compress);
    if (how != Compression::none) compressor_ = std::make_unique<Compressor>(how, host);
}

LogFile& FileBackend::file_of(const Batch& batch) {
    const auto use = use_settings<FileBackend>(batch.use());
    const auto stream = batch.stream();
    // The host's names are words; a host that is not ours must not lead us out of the folder.
    if (stream.empty() || stream.front() == '.' || stream.find('/') != stream.npos)
        throw Error(CMW_CONFIG,
                    "cannot name a file after the stream \"" + std::string(stream) + "\"");
    const auto path = expand(use.path ? *use.path : settings_.path, stream);
    auto& file = files_[path.string()];
    if (!file)
        file = std::make_unique<LogFile>(LogFile::Settings{
            path, settings_.max_size.count, settings_.keep, parse_mode(settings_.mode),
            settings_.sync, settings_.rotate_every.value_or(std::chrono::nanoseconds{}).count(),
            find_owner(settings_.owner, settings_.group), compressor_.get()});
    else
        file->follow_path();
    return *file;
}

void FileBackend::write(const Call& call, Batch& batch) {
    auto& file = file_of(batch);
    text_.clear();
    ends_.clear();
    for (const auto& record : batch) {
        if (settings_.format == "json")
            record_text::append_json(text_, record);
        else if (settings_.format == "text")
            record_text::append_text(text_, record);
        else
            text_.append(record.text.data, record.text.size) += '\n';
        ends_.push_back(text_.size());
    }
    records_.clear();
    for (std::size_t begin = 0; const auto end : ends_) {
        records_.emplace_back(text_.data() + begin, end - begin);
        begin = end;
    }
    for (std::size_t done = 0; done < records_.size();) {
        call.check();
        done += file.append(std::span(records_).subspan(done));
        batch.delivered(done);
    }
}

} // namespace cmw::file
