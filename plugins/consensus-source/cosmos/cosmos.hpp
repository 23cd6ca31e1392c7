// SPDX-License-Identifier: Apache-2.0
//
// cosmos/cosmos.hpp - the consensus source for chains of the Cosmos SDK: a node that halts for an
// upgrade approves that upgrade's program.
#pragma once

#include "consensus-source/cosmos/node_rpc.hpp"
#include "consensus-source/cosmos/plan_info.hpp"
#include "consensus-source/cosmos/rules.hpp"

#include <cmw/consensus_source.hpp>

#include <array>
#include <memory>

namespace cmw::shared {
class FileWatch;
}

namespace cmw::cosmos {

struct Settings {
    std::filesystem::path home;
    std::optional<std::string> rpc;
    std::string target = "node";
    std::optional<std::string> digest;
    std::optional<std::string> url;
    std::chrono::nanoseconds every = std::chrono::seconds(30);
    std::chrono::nanoseconds timeout = std::chrono::seconds(5);
};

class Cosmos final : public ConsensusSource {
  public:
    using Settings = cosmos::Settings;
    static constexpr About about{"cosmos", "0.1.0",
                                 "Upgrades of a Cosmos SDK chain, each when the node halts for it.",
                                 "Apache-2.0"};
    static constexpr std::array options{
        option<&Settings::home>(
            {.name = "home",
             .help = "The node's home folder; it writes data/upgrade-info.json in it.",
             .required = true}),
        option<&Settings::rpc>(
            {.name = "rpc",
             .help = "URL of the node's RPC, such as \"http://localhost:26657\": shows where the "
                     "node is, has planned upgrades fetched ahead, and tells a file that was "
                     "written too early. Without it each new upgrade-info.json counts."}),
        option<&Settings::target>({.name = "target",
                                   .help = "What the program is called here: a component's field.",
                                   .fallback = "node"}),
        option<&Settings::digest>(
            {.name = "digest",
             .help = "Of the program to run until the node's next upgrade, as \"sha256:HEX\"; the "
                     "chain names none before its first upgrade. Another value begins anew."}),
        option<&Settings::url>(
            {.name = "url", .help = "Where the program that 'digest' names can be had."}),
        option<&Settings::every>(
            {.name = "every",
             .help = "How often the RPC is asked; more often when an upgrade is near.",
             .fallback = "30s",
             .minimum = "1s"}),
        option<&Settings::timeout>({.name = "request-timeout",
                                    .help = "For an answer to begin, and between its bytes.",
                                    .fallback = "5s",
                                    .minimum = "10ms"}),
    };
    static void check(const Settings& settings);

    Cosmos(Settings settings, Host host);
    ~Cosmos() override;

    void poll(const Call& call, Verdict& verdict) override;

  private:
    /// What an upgrade to come would run.
    struct Coming {
        Plan plan;
        Binary binary;
    };

    void wait_for_news(const Call& call);
    bool is_near() const;
    void look(const Call& call);
    void watch();
    Sight see(const Call& call);
    void see_file(Sight& sight);
    void see_node(const Call& call, Sight& sight);
    void keep(Record record);
    Record settle(const Call& call, Record record);
    void find_coming(const Call& call, const Record& record, const Sight& sight);
    void complain(const std::string& problem);
    void tell(Verdict& verdict) const;
    std::string what_to_do() const;

    Settings settings_;
    Host host_;
    std::string base_; ///< The option 'digest' in one form; "": none.
    Binary given_;     ///< What it names.
    std::string record_path_;
    std::optional<NodeRpc> rpc_;
    PlanInfo info_;
    std::unique_ptr<shared::FileWatch> watch_; ///< None while there is no folder to watch.
    bool told_ = false;                        ///< What was seen last was told.
    std::chrono::steady_clock::time_point looked_at_;

    // What was seen last.
    std::optional<Record> record_;
    std::optional<NodeStatus> node_;
    std::vector<Coming> coming_;
    std::string problems_; ///< One after the other.
    std::string warned_;   ///< Those in the log.
};

} // namespace cmw::cosmos
