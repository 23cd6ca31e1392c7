// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/consensus_source.hpp"

#include "plugin_host/passed.hpp"
#include "plugin_host/shown_text.hpp"

#include <cmw/abi/consensus_source.h>
#include <fmt/format.h>
#include <mutex>
#include <span>

namespace cmw::plugin_host {

namespace {

constexpr auto default_deadline = std::chrono::minutes(5);
constexpr std::size_t max_approvals = 256;
constexpr std::size_t max_facts = 64;
constexpr std::size_t max_locations = 16; ///< Of one artifact; more are left out.
constexpr std::size_t max_name = 128;     ///< Bytes of a target or the name of a fact.
constexpr std::size_t max_url = 2000;     ///< Bytes of a location.

using Poll = tl::expected<Verdict, Failure>;

bool is_whole(const cmw_artifact* artifact) noexcept {
    return artifact != nullptr && CMW_HAS(artifact, target);
}

std::vector<std::string> read_locations(const cmw_artifact& artifact) {
    std::vector<std::string> urls;
    if (!CMW_HAS(&artifact, reserved) || artifact.locations == nullptr) return urls;
    const auto count = std::min<std::size_t>(artifact.location_count, max_locations);
    for (const auto& location : std::span(artifact.locations, count)) {
        auto url = fit_to_show(view_of(location), max_url);
        if (!url.empty() && url == view_of(location)) urls.push_back(std::move(url));
    }
    return urls;
}

/// What the plugin passed, or what is wrong with it.
tl::expected<Artifact, std::string> read_artifact(const cmw_artifact& artifact) {
    auto target = fit_to_show(view_of(artifact.target), max_name);
    if (target.empty() || target != view_of(artifact.target))
        return tl::unexpected(fmt::format("an approval has the impossible target \"{}\"", target));
    const auto algorithm = fit_to_show(view_of(artifact.algorithm), max_name);
    const auto size = base::digest_size(algorithm);
    if (size == 0)
        return tl::unexpected(fmt::format("the digest of \"{}\" is of the unknown algorithm \"{}\"",
                                          target, algorithm));
    if (artifact.digest == nullptr || artifact.digest_size != size)
        return tl::unexpected(fmt::format("the digest of \"{}\" has {} bytes, not {}", target,
                                          artifact.digest == nullptr ? 0 : artifact.digest_size,
                                          size));
    return Artifact{{algorithm, {artifact.digest, artifact.digest + artifact.digest_size}},
                    std::move(target),
                    read_locations(artifact)};
}

/// Takes one answer. The plugin may call from any thread, but only during its poll.
class Collector {
  public:
    Collector() {
        table_.verdict = {sizeof(cmw_verdict), &standing, &approve, &fact, &announce};
        table_.self = this;
    }
    Collector(const Collector&) = delete;
    Collector& operator=(const Collector&) = delete;

    const cmw_verdict& table() const noexcept { return table_.verdict; }

    /// The whole answer, once the poll went well.
    Poll take();

  private:
    struct Table {
        cmw_verdict verdict{}; ///< First, so that a cmw_verdict* is a Table*.
        Collector* self = nullptr;
    };
    static Collector& of(const cmw_verdict* verdict) noexcept {
        return *reinterpret_cast<const Table*>(verdict)->self;
    }
    static void standing(const cmw_verdict* verdict, std::uint32_t standing, std::uint64_t height,
                         cmw_str reason) noexcept;
    static void approve(const cmw_verdict* verdict, const cmw_artifact* artifact) noexcept;
    static void fact(const cmw_verdict* verdict, cmw_str name, cmw_str value) noexcept;

    static void announce(const cmw_verdict* verdict, const cmw_artifact* artifact,
                         std::uint64_t height, cmw_str why) noexcept;

    /// What is wrong with the approval, or "". Adds it otherwise.
    std::string add(const cmw_artifact& artifact);
    void keep_fault(std::string fault) {
        if (fault_.empty()) fault_ = std::move(fault);
    }

    Table table_;
    std::mutex mutex_;
    Verdict verdict_;
    std::string refused_; ///< Targets with a digest of zeros.
    std::string fault_;   ///< The first one.
    bool standing_said_ = false;
};

void Collector::standing(const cmw_verdict* verdict, std::uint32_t standing, std::uint64_t height,
                         cmw_str reason) noexcept {
    auto& self = of(verdict);
    const std::lock_guard lock(self.mutex_);
    self.standing_said_ = true;
    self.verdict_.run = standing == CMW_STANDING_RUN;
    self.verdict_.height = height;
    self.verdict_.reason = fit_to_show(view_of(reason));
}

void Collector::approve(const cmw_verdict* verdict, const cmw_artifact* artifact) noexcept {
    auto& self = of(verdict);
    const std::lock_guard lock(self.mutex_);
    self.keep_fault(is_whole(artifact) ? self.add(*artifact)
                                       : "an approval is not a whole artifact");
}

std::string Collector::add(const cmw_artifact& artifact) {
    auto read = read_artifact(artifact);
    if (!read) return read.error();
    if (read->digest.all_zero()) {
        refused_ += (refused_.empty() ? "" : ", ") + read->target;
        return {};
    }
    if (verdict_.approved.size() == max_approvals)
        return fmt::format("it approves more than {} artifacts", max_approvals);
    if (!verdict_.approved.emplace(read->target, std::move(read->digest)).second)
        return fmt::format("\"{}\" is approved twice", read->target);
    if (!read->locations.empty())
        verdict_.locations.emplace(std::move(read->target), std::move(read->locations));
    return {};
}

void Collector::announce(const cmw_verdict* verdict, const cmw_artifact* artifact,
                         std::uint64_t height, cmw_str why) noexcept {
    auto& self = of(verdict);
    const std::lock_guard lock(self.mutex_);
    if (!is_whole(artifact)) return self.keep_fault("an announcement is not a whole artifact");
    auto read = read_artifact(*artifact);
    if (!read) return self.keep_fault(read.error());
    if (read->digest.all_zero() || self.verdict_.announced.size() == max_approvals) return;
    self.verdict_.announced.push_back({std::move(*read), height, fit_to_show(view_of(why))});
}

void Collector::fact(const cmw_verdict* verdict, cmw_str name, cmw_str value) noexcept {
    auto& self = of(verdict);
    const std::lock_guard lock(self.mutex_);
    if (self.verdict_.facts.size() < max_facts)
        self.verdict_.facts[fit_to_show(view_of(name), max_name)] = fit_to_show(view_of(value));
}

Poll Collector::take() {
    const std::lock_guard lock(mutex_);
    if (fault_.empty() && !standing_said_) fault_ = "it does not say where this machine stands";
    if (!fault_.empty())
        return tl::unexpected(
            Failure{CMW_INVALID, "cannot use the source's answer: " + fault_, {}});
    if (!refused_.empty()) verdict_.facts["refused"] = fit_to_show("all zero: " + refused_);
    return std::move(verdict_);
}

class Adapter final : public ConsensusSource {
  public:
    explicit Adapter(Instance& instance) : instance_(instance) {}

    void poll(std::function<void(Poll)> done) override {
        auto answer = std::make_shared<Verdict>();
        instance_.call(
            instance_.settings().deadline.value_or(default_deadline),
            [answer](Session& session, const cmw_call& call) -> tl::expected<void, Failure> {
                const auto& ops = session.ops<cmw_consensus_source_ops>();
                Collector collector;
                const auto result = guarded_call([&](cmw_error* error) {
                    return may_throw(ops.poll)(session.handle(), &call, &collector.table(), error);
                });
                if (!result) return result;
                auto verdict = collector.take();
                if (!verdict) return tl::unexpected(verdict.error());
                *answer = std::move(*verdict);
                return {};
            },
            [answer, done = std::move(done)](const tl::expected<void, Failure>& result) {
                done(result.map([&] { return std::move(*answer); }));
            });
    }
    void cancel() override { instance_.cancel(); }
    void reinitialise() override { instance_.reinitialise(); }
    InstanceStatus status() const override { return instance_.status(); }

  private:
    Instance& instance_;
};

} // namespace

std::unique_ptr<ConsensusSource> make_consensus_source(Instance& instance) {
    return std::make_unique<Adapter>(instance);
}

} // namespace cmw::plugin_host
