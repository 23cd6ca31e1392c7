// SPDX-License-Identifier: Apache-2.0
// One smallest plugin of every kind in one library: the SDK compiles, and a library may hold many.
#include <cmw/binary_source.hpp>
#include <cmw/command_source.hpp>
#include <cmw/consensus_source.hpp>
#include <cmw/log_backend.hpp>
#include <cmw/process_runner.hpp>

#include <map>

struct Nothing {};

struct Every {
    bool flag;
    std::int64_t integer;
    double number;
    std::string text;
    std::filesystem::path path;
    cmw::Secret secret;
    cmw::Bytes size;
    std::chrono::nanoseconds period;
    std::vector<std::string> list;
    std::map<std::string, std::string> labels;
    std::optional<std::string> maybe;
};

constexpr const char* colours[] = {"red", "blue", nullptr};

class Source final : public cmw::ConsensusSource {
  public:
    using Settings = Every;
    static constexpr cmw::About about{"fixed", "0.1.0", "Always the same answer.", "MIT"};
    static constexpr std::array options{
        cmw::option<&Every::flag>({.name = "flag", .help = "f", .fallback = "true"}),
        cmw::option<&Every::integer>({.name = "n", .help = "n", .fallback = "5", .maximum = "9"}),
        cmw::option<&Every::number>({.name = "x", .help = "x", .fallback = "0.5"}),
        cmw::option<&Every::text>(
            {.name = "colour", .help = "c", .fallback = "red", .choices = colours}),
        cmw::option<&Every::path>({.name = "path", .help = "p", .fallback = "x"}),
        cmw::option<&Every::secret>({.name = "aws.secret", .help = "s", .required = true}),
        cmw::option<&Every::size>({.name = "size", .help = "s", .fallback = "1MiB"}),
        cmw::option<&Every::period>(
            {.name = "every", .help = "e", .fallback = "6s", .minimum = "1s"}),
        cmw::option<&Every::list>({.name = "list", .help = "l"}),
        cmw::option<&Every::labels>({.name = "labels", .help = "l"}),
        cmw::option<&Every::maybe>({.name = "maybe", .help = "m", .deprecated = true}),
    };
    static void check(const Every& settings) {
        if (settings.flag && settings.text == "blue")
            throw cmw::Error(CMW_CONFIG, "not blue with flag");
    }
    Source(Every, cmw::Host host) : host_(host) {}

    void poll(const cmw::Call& call, cmw::Verdict& verdict) override {
        call.sleep(std::chrono::milliseconds(1));
        const std::array<std::uint8_t, 2> digest{0xab, 0xcd};
        verdict.run(42);
        verdict.fact("endpoint", "none");
        verdict.approve("server", "blake2s-256", digest);
        host_.info("polled");
    }

  private:
    cmw::Host host_;
};

class Store final : public cmw::BinarySource {
  public:
    using Settings = Nothing;
    static constexpr cmw::About about{"empty", "0.1.0", "Has nothing.", "MIT"};
    static constexpr std::array<cmw::Option<Nothing>, 0> options{};
    struct UseSettings {
        bool refuse = false;
    };
    static constexpr std::array use_options{
        cmw::option<&UseSettings::refuse>({.name = "refuse", .help = "r", .fallback = "false"})};
    static void check_use(const Nothing&, const UseSettings&) {}
    Store(Nothing, cmw::Host) {}
    void fetch(const cmw::Call&, const cmw_config& use, const cmw::Artifact& artifact,
               cmw::Writer& writer) override {
        if (cmw::use_settings<Store>(use).refuse) throw cmw::Error(CMW_DENIED, "cannot serve");
        if (artifact.target() == "server") throw cmw::Error(CMW_NOT_FOUND, "no " + artifact.hex());
        writer.begin(0, artifact.digest().size());
        writer.write(std::as_bytes(artifact.digest()));
    }
};

class Runner final : public cmw::ProcessRunner {
  public:
    using Settings = Nothing;
    static constexpr cmw::About about{"never", "0.1.0", "Runs nothing.", "MIT"};
    static constexpr std::array<cmw::Option<Nothing>, 0> options{};
    Runner(Nothing, cmw::Host) {}
    void start(const cmw::Call&, const cmw_program&, cmw_process&) override {
        throw cmw::Error(CMW_FAILED, "never");
    }
    void stop(const cmw::Call&, std::uint64_t, std::uint32_t) override {}
    std::optional<cmw_exit> outcome(std::uint64_t) override { return std::nullopt; }
    void release(std::uint64_t) noexcept override {}
};

class Sink final : public cmw::LogBackend {
  public:
    using Settings = Nothing;
    static constexpr cmw::About about{"sink", "0.1.0", "Takes all.", "MIT"};
    static constexpr std::array<cmw::Option<Nothing>, 0> options{};
    Sink(Nothing, cmw::Host) {}
    void write(const cmw::Call&, cmw::Batch& batch) override { batch.delivered(batch.size()); }
    void limits(cmw_log_limits& limits) const override { limits.records = 10'000; }
};

class Orders final : public cmw::CommandSource {
  public:
    using Settings = Nothing;
    static constexpr cmw::About about{"silent", "0.1.0", "Orders nothing.", "MIT"};
    static constexpr std::array<cmw::Option<Nothing>, 0> options{};
    Orders(Nothing, cmw::Host) {}
    void poll(const cmw::Call&, cmw::Mailbox& mailbox) override { mailbox.deliver("none", ""); }
};

CMW_PLUGINS(Source, Store, Runner, Sink, Orders)
