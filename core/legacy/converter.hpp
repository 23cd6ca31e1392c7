// SPDX-License-Identifier: Apache-2.0
//
// legacy/converter.hpp - writes the configuration table by table; for the files of this folder.
// conversion.cpp has the whole and what is around the tables, converted_sources.cpp where things come
// from, converted_services.cpp what is run.
#pragma once

#include "config/toml_writer.hpp"
#include "legacy/conversion.hpp"
#include "legacy/written.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace cmw::legacy {

inline std::string in_quotes(std::string_view text) {
    return config::to_toml(text);
}

class Converter {
  public:
    Converter(const Flags& flags, const Request& request) : flags_(flags), request_(request) {}

    tl::expected<Conversion, base::Problems> convert();

  private:
    bool gateway() const { return flags_.on("--gateway"); }
    bool has_consensus() const { return !flags_.on("--disable-consensus"); }
    bool has_cloud() const { return !flags_.on("--disable-cloudwatch"); }
    bool ships_chain_log() const { return has_cloud() && has_consensus() && !gateway(); }
    std::string program() const { return gateway() ? "gateway" : "server"; }
    std::string service_name() const { return gateway() ? "gateway" : "cmix"; }

    std::string path(std::string_view flag) const {
        const auto value = flags_.value(flag);
        return value.starts_with('/') ? value : request_.unit.directory + "/" + value;
    }
    /// "--log-path", or that nobody gave it.
    std::string origin(std::string_view flag) const {
        return fmt::format("{}{}", flag, flags_.given(flag) ? "" : ", by default");
    }
    void from_flag(std::string_view key, std::string_view flag, std::string note = {}) {
        const auto value = flags_.value(flag);
        text_.key(key, in_quotes(is_path(flag) ? path(flag) : value), origin(flag),
                  std::move(note));
    }
    static bool is_path(std::string_view name) {
        const auto found = std::ranges::find(flags(), name, &Flag::name);
        return found != flags().end() && found->kind == FlagKind::path;
    }
    void notice(std::string_view what, std::string_view why) {
        result_.notices.push_back(fmt::format("{}: {}", what, why));
    }
    /// Told at the end of the file; and to whoever converts, if it was given.
    void not_carried(std::string_view flag, std::string_view why) {
        dropped_.push_back(fmt::format("{} {}: {}", flag, flags_.value(flag), why));
        if (flags_.given(flag)) notice(flag, why);
    }

    void check_paths();
    void heading();
    void host();
    void consensus();
    void binaries();
    void orders();
    void runner_and_backend();
    void components();
    void service();
    void service_environment();
    void recovered_errors();
    std::string runner_use() const;
    void logs();
    void log_table(const std::string& name, const std::string& flag, const std::string& event,
                   const std::string& group);
    void rest();
    void credentials();
    void credential(std::string_view key, std::string_view flag, std::string_view file);
    std::string keep_secret(const std::string& file, const std::string& value);

    const Flags& flags_;
    const Request& request_;
    Written text_;
    std::vector<std::string> dropped_;
    std::vector<std::string> told_; ///< Flags whose notice is not to be repeated.
    base::Problems problems_;
    Conversion result_;
};

} // namespace cmw::legacy
