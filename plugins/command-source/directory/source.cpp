// SPDX-License-Identifier: Apache-2.0
#include "command-source/directory/source.hpp"

#include "command-source/directory/watch.hpp"
#include "shared/small_file.hpp"

#include <fcntl.h>
#include <fnmatch.h>

namespace cmw::command_directory {

namespace {

constexpr std::size_t largest_file = std::size_t{256} << 10;
// Below what the host takes in one poll: more would lose it all of them.
constexpr std::size_t most_files = 1000;
constexpr std::size_t most_bytes = std::size_t{16} << 20;

bool matches(const std::string& pattern, const char* name) {
    return ::fnmatch(pattern.c_str(), name, FNM_PERIOD) == 0;
}

} // namespace

void Source::check(const Settings& settings) {
    if (!settings.path.is_absolute())
        throw Error(CMW_CONFIG, "cannot use the path " + settings.path.string() +
                                    ": it must be absolute, such as /var/lib/orders");
    if (settings.pattern.empty() || settings.pattern.find('/') != std::string::npos)
        throw Error(CMW_CONFIG, "cannot use the pattern " + settings.pattern +
                                    ": it must be one for names of files, such as *.jsonl");
}

Source::Source(Settings settings, Host host) : settings_(std::move(settings)), host_(host) {
    // A slash at the end would make a folder of no name.
    if (!settings_.path.has_filename() && settings_.path.has_relative_path())
        settings_.path = settings_.path.parent_path();
}

Source::~Source() = default;

void Source::poll(const Call& call, Mailbox& mailbox) {
    if (watch_) watch_->wait(call);
    // Without one, should looking fail, the next poll looks at once. Watch first: what changes
    // between the two is seen later, instead of never.
    watch_.reset();
    auto watch = std::make_unique<Watch>(
        settings_.path, [this](const char* name) { return matches(settings_.pattern, name); });
    for (const auto& [name, text] : look()) mailbox.deliver(name, text);
    watch_ = std::move(watch);
}

Source::Texts Source::look() {
    std::error_code error;
    Found found;
    passed_over_.clear();
    const auto type = std::filesystem::status(settings_.path, error).type();
    if (type == std::filesystem::file_type::none)
        throw std::system_error(error, "cannot look at " + settings_.path.string());
    if (type == std::filesystem::file_type::directory) {
        std::filesystem::directory_iterator entry(settings_.path, error);
        for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
            if (matches(settings_.pattern, entry->path().filename().c_str()))
                read(entry->path(), O_NOFOLLOW, found);
        if (error && error != std::errc::no_such_file_or_directory)
            throw std::system_error(error, "cannot read the folder " + settings_.path.string());
    } else {
        read(settings_.path, 0, found);
    }
    told_ = passed_over_;
    return std::move(found.texts);
}

void Source::read(const std::filesystem::path& file, int flags, Found& found) {
    const auto name = file.filename().string();
    try {
        auto content = shared::read_small_file(file.string(), largest_file, flags);
        if (!content) return;
        found.bytes += content->text.size();
        found.texts[name] = std::move(content->text);
    } catch (const std::system_error& e) {
        pass_over(name, e.code() == std::errc::too_many_symbolic_link_levels
                            ? "cannot use " + file.string() + ": it is a symbolic link"
                            : e.what());
    } catch (const Error& e) {
        pass_over(name, e.what());
    }
    while (found.texts.size() > most_files || found.bytes > most_bytes) {
        pass_over("", "cannot use all files of " + settings_.path.string() +
                          ": they are more than 1000 or 16 MiB; the first ones by name are passed "
                          "over, remove what is done");
        found.bytes -= found.texts.begin()->second.size();
        found.texts.erase(found.texts.begin());
    }
}

void Source::pass_over(const std::string& name, const std::string& why) {
    passed_over_[name] = why;
    const auto told = told_.find(name);
    if (told == told_.end() || told->second != why) {
        host_.warn(why);
        told_[name] = why;
    }
}

} // namespace cmw::command_directory
