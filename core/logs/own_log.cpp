// SPDX-License-Identifier: Apache-2.0
#include "logs/own_log.hpp"

#include "base/system.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace cmw::logs {

namespace {

using spdlog::level::level_enum;

std::atomic<std::uint64_t> dropped{0};

level_enum to_spdlog(std::uint32_t level) {
    static constexpr std::array levels{level_enum::trace, level_enum::debug, level_enum::info,
                                       level_enum::warn,  level_enum::err,   level_enum::critical};
    return level < levels.size() ? levels[level] : level_enum::info;
}

/// The words that the rule "level-word" knows.
class LevelWord final : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& out) override {
        static constexpr std::array<std::string_view, 6> words{"TRACE", "DEBUG", "INFO",
                                                               "WARN",  "ERROR", "FATAL"};
        const auto word =
            words[std::min(static_cast<std::size_t>(message.level), words.size() - 1)];
        out.append(word.data(), word.data() + word.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<LevelWord>();
    }
};

void set_pattern(spdlog::sinks::sink& sink, const std::string& pattern) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<LevelWord>('*').set_pattern(pattern);
    sink.set_formatter(std::move(formatter));
}

/// systemd.exec(5): $JOURNAL_STREAM is "device:inode" of what stderr was connected to.
bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    const auto found = base::sys::fstat(STDERR_FILENO);
    return stream != nullptr && found &&
           fmt::format("{}:{}", found->st_dev, found->st_ino) == stream;
}

std::shared_ptr<spdlog::logger> make_logger(std::vector<spdlog::sink_ptr> sinks) {
    auto logger = std::make_shared<spdlog::logger>("own", sinks.begin(), sinks.end());
    logger->flush_on(level_enum::trace); // What happened last is what matters after a crash.
    logger->set_error_handler([](const std::string&) { ++dropped; });
    return logger;
}

spdlog::sink_ptr make_stderr() {
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    set_pattern(*sink, stderr_is_journal() ? "%* %v" : "%^%*%$ %Y-%m-%dT%H:%M:%S.%eZ %v");
    return sink;
}

/// Keeps a logger for good: threads that end late log until the very end of the program, and there
/// are only as many as reloads. [not while another thread calls it]
spdlog::logger* keep(std::shared_ptr<spdlog::logger> logger) {
    static auto* const kept = new std::vector<std::shared_ptr<spdlog::logger>>;
    return kept->emplace_back(std::move(logger)).get();
}

std::atomic<spdlog::logger*>& current() {
    static std::atomic<spdlog::logger*> logger{keep(make_logger({make_stderr()}))};
    return logger;
}

} // namespace

std::uint32_t parse_level(std::string_view name) {
    static constexpr std::array<std::string_view, 6> names{"trace", "debug", "info",
                                                           "warn",  "error", "fatal"};
    const auto found = std::ranges::find(names, name);
    return found == names.end() ? std::uint32_t{CMW_LEVEL_INFO}
                                : static_cast<std::uint32_t>(found - names.begin());
}

base::Result<> init_own_log(const OwnLogSettings& settings) {
    std::vector<spdlog::sink_ptr> sinks{make_stderr()};
    base::Result<> opened;
    if (!settings.file.empty()) {
        const auto folder = std::filesystem::path(settings.file).parent_path().string();
        if (const auto made = base::sys::make_folders(folder, 0750); !made)
            opened = base::fail(base::system_problem(folder, "make the folder", made.error()));
        try {
            auto file = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
                settings.file, settings.max_size, settings.keep);
            set_pattern(*file, "%* %Y-%m-%dT%H:%M:%S.%eZ %v");
            sinks.push_back(std::move(file));
        } catch (const std::exception& error) {
            opened = base::fail(settings.file,
                                std::string("cannot open the host's own log: ") + error.what(),
                                "the log goes to stderr alone");
        }
    }
    auto logger = make_logger(std::move(sinks));
    logger->set_level(to_spdlog(parse_level(settings.level)));
    current().store(keep(std::move(logger)));
    return opened;
}

bool is_logged(std::uint32_t level) noexcept {
    return current().load()->should_log(to_spdlog(level));
}

void log_line(std::uint32_t level, std::string_view line) noexcept {
    try {
        if (line.find('\n') == std::string_view::npos) {
            current().load()->log(to_spdlog(level),
                                  spdlog::string_view_t(line.data(), line.size()));
            return;
        }
        std::string indented;
        for (const char character : line) {
            indented += character;
            if (character == '\n') indented += "    ";
        }
        current().load()->log(to_spdlog(level), indented);
    } catch (...) { // spdlog catches what its sinks throw; this is for the memory above.
        ++dropped;
    }
}

std::uint64_t own_log_dropped() noexcept {
    return dropped;
}

} // namespace cmw::logs
