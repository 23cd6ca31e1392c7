// SPDX-License-Identifier: Apache-2.0
//
// systemd/runner.hpp - programs as transient units of systemd, each in a control group of its own.
//
// Asked gently, the main process alone gets SIGTERM; how long it may take is the host's to say, not
// systemd's. Killed, the whole control group is. Units belong to systemd: they outlive the host and
// are taken back by their names. A unit's description names the host's state folder, so that two
// hosts of one machine do not take each other's.
#pragma once

#include "unit.hpp"

#include <cmw/process_runner.hpp>

namespace cmw::systemd {

class Runner final : public ProcessRunner {
  public:
    struct Settings {
        std::string bus = "system";
        std::string address;
        std::string prefix = "cmix-wrapper";
    };
    using UseSettings = systemd::UseSettings;
    static constexpr About about{"systemd", "0.1.0", "Runs programs as transient units of systemd.",
                                 "Apache-2.0", "The cmix-wrapper authors"};
    static constexpr const char* buses[] = {"system", "user", nullptr};
    static constexpr std::array options{
        option<&Settings::bus>(
            {.name = "bus",
             .help = "Whose systemd runs the units: the \"system\"'s, which a host that runs as "
                     "root may ask, or that of the host's \"user\".",
             .fallback = "system",
             .choices = buses}),
        option<&Settings::address>(
            {.name = "address", .help = "D-Bus address of the bus; that of \"bus\" by default."}),
        option<&Settings::prefix>(
            {.name = "prefix",
             .help = "What names of units begin with: PREFIX-SERVICE.service. Hosts of one machine "
                     "need different ones.",
             .fallback = "cmix-wrapper"}),
    };
    static constexpr auto use_options = systemd::use_options;
    static void check(const Settings& settings);
    static void check_use(const Settings&, const UseSettings& use);

    Runner(Settings settings, Host host);
    ~Runner() override; ///< Leaves all programs running.

    void start(const Call& call, const cmw_program& program, cmw_process& process) override;
    void adopt(const Call& call, const char* name, cmw_process& process) override;
    void stop(const Call& call, std::uint64_t id, std::uint32_t how) override;
    std::optional<cmw_exit> outcome(std::uint64_t id) override;
    void release(std::uint64_t id) noexcept override;

  private:
    std::string description() const;
    std::uint32_t run(const Call& call, UnitBus& bus, const std::string& unit,
                      const cmw_program& program, const std::vector<Property>& properties,
                      bool& untold);
    void require_started(const Call& call, UnitBus& bus, const std::string& unit,
                         const std::string& job, const std::string& executable);
    void require_ours(const State& state, const std::string& unit) const;
    [[noreturn]] void explain_existing(const Call& call, UnitBus& bus,
                                       const std::string& unit) const;
    void fill(const std::string& unit, std::unique_ptr<UnitBus> bus, std::uint32_t pid,
              cmw_process& process);
    Unit& find(std::uint64_t id);

    Settings settings_;
    Host host_;
    std::map<std::uint64_t, std::unique_ptr<Unit>> units_;
    /// Of a start that was left: systemd asks the bus who it is before it carries out the stop.
    std::unique_ptr<UnitBus> dropped_;
};

/// As sd-bus finds the buses.
std::string address_of(const Runner::Settings& settings);

} // namespace cmw::systemd
