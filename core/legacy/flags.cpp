// SPDX-License-Identifier: Apache-2.0
#include "legacy/flags.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cmw::legacy {

using base::Problem;
using base::Problems;

namespace {

using enum FlagKind;

constexpr Flag table[] = {
    {"--s3-access-key", secret, "", false,
     "`access-key-id` of each `s3` and `cloudwatch`, from a file"},
    {"--s3-secret", secret, "", false, "`secret-access-key` of the same, from a file"},
    {"--s3-management-bucket", text, "elixxir-management-mainnet", false,
     "`[command-source.management] bucket`"},
    {"--s3-bin-bucket", text, "elixxir-bins", false, "`[binary-source.network] bucket`"},
    {"--s3-region", text, "us-west-1", false, "`region` of each `s3` and `cloudwatch`"},
    {"--verbose", toggle, "", false, "`[host] log-level = \"debug\"`"},
    {"--gateway", toggle, "", false,
     "`[component.gateway]` and `[service.gateway]` instead of `server` and `cmix`"},
    {"--disable-cloudwatch", toggle, "", false, "no `[log-backend.cloud]`"},
    {"--management-cert", path, "/opt/xxnetwork/cred/network-management.crt", false,
     "`[command-source.management] certificate`"},
    {"--tmp-dir", path, "/tmp", false, "none: a file is written beside the one that it replaces"},
    {"--cmd-dir", path, "/opt/xxnetwork/log/cmd", false,
     "none: `cmix-wrapper history management` tells what was ordered"},
    {"--wrapper-log", path, "/opt/xxnetwork/log/wrapper.log", false, "`[log.cmix-wrapper] path`"},
    {"--binary-path", path, "", true, "`path` of the component, and `command` of the service"},
    {"--config-path", path, "", true, "`command` of the service"},
    {"--log-path", path, "/opt/xxnetwork/log/xx.log", false,
     "`output` of the service, and `path` of its log"},
    {"--gpu-lib", path, "/opt/xxnetwork/lib/libpowmosm75.so", false, "`[component.libpow] path`"},
    {"--gpu-bin", path, "/opt/xxnetwork/lib/libpow.fatbin", false, "`[component.fatbin] path`"},
    {"--id-path", path, "/opt/xxnetwork/cred/IDF.json", false, "`[identity] file`"},
    {"--hash-path", path, "", false, "`[consensus-source.override] path`"},
    {"--err-path", path, "/opt/xxnetwork/logs/cmix-err.log", false,
     "`recovered-error-file` of the service"},
    {"--cloudwatch-log-group", text, "xxnetwork-logs-mainnet", false,
     "`[log-backend.cloud] group`"},
    {"--disable-consensus", toggle, "", false,
     "no `[consensus-source]`: `approved-by` is `[command-source.versions]`"},
    {"--consensus-log", path, "/opt/xxnetwork/log/chain.log", false, "`[log.chain] path`"},
    {"--consensus-cw-group", text, "xxnetwork-consensus-mainnet", false,
     "`group` in `to` of `[log.chain]`"},
    {"--consensus-url", text, "ws://localhost:63007", false,
     "`[consensus-source.chain] endpoints`"},
};

const Flag* exact(std::string_view name) {
    const auto* found = std::ranges::find(table, name, &Flag::name);
    return found == std::end(table) ? nullptr : found;
}

std::vector<std::string> beginning_with(std::string_view name) {
    std::vector<std::string> names;
    for (const auto& flag : table)
        if (name.size() > 2 && flag.name.starts_with(name)) names.emplace_back(flag.name);
    return names;
}

bool is_negative_number(std::string_view word) {
    return word.size() > 1 && word.find_first_not_of("0123456789.", 1) == std::string_view::npos;
}

/// Whether argparse takes the word for a flag, known or not.
bool looks_like_flag(std::string_view word) {
    if (word.size() < 2 || word.front() != '-') return false;
    const auto name = word.substr(0, word.find('='));
    if (exact(name) != nullptr || !beginning_with(name).empty()) return true;
    return !is_negative_number(word) && word.find(' ') == std::string_view::npos;
}

class Reader {
  public:
    explicit Reader(const std::vector<std::string>& words) : words_(words) {}

    void read() {
        while (at_ < words_.size()) {
            const auto& word = words_[at_++];
            if (looks_like_flag(word))
                read_flag(word);
            else
                problems_.push_back({"", "cannot understand a word that belongs to no flag",
                                     fmt::format("it is word {} of the command", at_)});
        }
        for (const auto& flag : table)
            if (flag.required && !flags_.given(flag.name) && !is_tried(flag.name))
                problems_.push_back({std::string(flag.name), "cannot do without it",
                                     "the old wrapper did not start without it, either"});
    }

    Flags flags_;
    Problems problems_;

  private:
    bool is_tried(std::string_view name) const {
        return std::ranges::find(problems_, name, &Problem::where) != problems_.end();
    }

    void read_flag(const std::string& word) {
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        const auto* flag = find(name);
        if (flag == nullptr) {
            // What follows was meant for it, and is no fault of its own.
            while (at_ < words_.size() && !looks_like_flag(words_[at_])) ++at_;
            return;
        }
        if (flag->kind == toggle) {
            if (equals != std::string::npos)
                problems_.push_back({std::string(flag->name), "cannot take a value for it",
                                     "it has none: write it alone, or leave it out"});
            flags_.set(*flag, "");
        } else if (equals != std::string::npos) {
            set(*flag, word.substr(equals + 1));
        } else if (at_ < words_.size() && !looks_like_flag(words_[at_])) {
            set(*flag, next_value());
        } else {
            problems_.push_back(
                {std::string(flag->name), "cannot find its value", "write it behind the flag"});
        }
    }

    const Flag* find(const std::string& name) {
        if (const auto* flag = exact(name)) return flag;
        const auto fitting = beginning_with(name);
        if (fitting.size() == 1) return exact(fitting.front());
        Problem problem{name, "cannot understand this flag: the old wrapper has none of that name",
                        "it ignored it; take it out"};
        if (!fitting.empty()) {
            problem.what = "cannot tell which flag is meant";
            problem.fix = fmt::format("write it in full: {}", fmt::join(fitting, ", "));
        } else {
            std::vector<std::string> known;
            for (const auto& flag : table) known.emplace_back(flag.name);
            if (const auto near = base::nearest(name, known); !near.empty())
                problem.fix = fmt::format("did you mean {}? It was ignored until now", near);
        }
        problems_.push_back(std::move(problem));
        return nullptr;
    }

    /// One word, or the several of "{{ KEY }}".
    std::string next_value() {
        auto value = words_[at_++];
        if (!value.starts_with("{{") || value.ends_with("}}")) return value;
        const auto end =
            std::find_if(words_.begin() + static_cast<std::ptrdiff_t>(at_), words_.end(),
                         [](const auto& word) { return word.ends_with("}}"); });
        if (end == words_.end()) return value;
        while (!value.ends_with("}}")) value += " " + words_[at_++];
        return value;
    }

    void set(const Flag& flag, std::string value) {
        const auto refuse = [&](std::string what, std::string fix) {
            problems_.push_back({std::string(flag.name), std::move(what), std::move(fix)});
        };
        if (value.empty()) return refuse("cannot use an empty value", "leave the flag out");
        if (flag.kind != secret && is_placeholder(value))
            return refuse("cannot use a placeholder", "write its value instead of " + value);
        if (const auto name = variable_of(value); flag.kind != secret && !name.empty())
            return refuse(fmt::format("cannot tell the value of ${{{}}}", name),
                          fmt::format("write it there, or add Environment={}=...", name));
        if (value.find('\0') != std::string::npos)
            return refuse("cannot use a value with a NUL in it", "correct it");
        if (!base::is_utf8(value))
            return refuse("cannot use a value that is not UTF-8", "rename what it names");
        flags_.set(flag, std::move(value));
    }

    const std::vector<std::string>& words_;
    std::size_t at_ = 0;
};

} // namespace

std::span<const Flag> flags() {
    return table;
}

std::string Flags::value(std::string_view flag) const {
    if (const auto found = given_.find(flag); found != given_.end()) return found->second;
    const auto* known = exact(flag);
    return known == nullptr ? std::string() : std::string(known->fallback);
}

bool is_placeholder(std::string_view value) {
    return value.size() >= 4 && value.starts_with("{{") && value.ends_with("}}");
}

std::string variable_of(std::string_view value) {
    if (value.size() < 4 || !value.starts_with("${") || value.find('}') != value.size() - 1)
        return {};
    return std::string(value.substr(2, value.size() - 3));
}

tl::expected<Flags, Problems> parse_flags(const std::vector<std::string>& words) {
    Reader reader(words);
    reader.read();
    if (!reader.problems_.empty()) return tl::unexpected(std::move(reader.problems_));
    return std::move(reader.flags_);
}

std::vector<std::string> without_program(const std::vector<std::string>& command) {
    const auto is_script = [](const std::string& word) { return word.ends_with(".py"); };
    auto begin =
        std::ranges::find_if(command, [](const auto& word) { return word.starts_with("--"); });
    if (const auto script = std::find_if(command.begin(), begin, is_script); script != begin)
        begin = script + 1;
    else if (!command.empty() && !command.front().starts_with('-'))
        begin = command.begin() + 1;
    else
        begin = command.begin();
    return {begin, command.end()};
}

} // namespace cmw::legacy
