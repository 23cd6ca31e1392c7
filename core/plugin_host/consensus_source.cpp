// SPDX-License-Identifier: Apache-2.0
#include "plugin_host/consensus_source.hpp"

#include "plugin_host/passed.hpp"
#include "plugin_host/shown_text.hpp"

#include <cmw/abi/consensus_source.h>
#include <fmt/format.h>
#include <mutex>

namespace cmw::plugin_host {

namespace {

constexpr auto default_deadline = std::chrono::minutes(5);
constexpr std::size_t max_approvals = 256;
constexpr std::size_t max_facts = 64;
constexpr std::size_t max_name = 128; ///< Bytes of a target or the name of a fact.

using Poll = tl::expected<Verdict, Failure>;

/// Takes one answer. The plugin may call from any thread, but only during its poll.
class Collector {
  public:
    Collector() {
        table_.verdict = {sizeof(cmw_verdict), &standing, &approve, &fact};
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

    /// What is wrong with the approval, or "". Adds it otherwise.
    std::string add(const cmw_artifact& artifact);

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
    auto fault = artifact == nullptr || artifact->struct_size < sizeof(cmw_artifact)
                     ? std::string("an approval is not a whole artifact")
                     : self.add(*artifact);
    if (self.fault_.empty()) self.fault_ = std::move(fault);
}

std::string Collector::add(const cmw_artifact& artifact) {
    const auto target = fit_to_show(view_of(artifact.target), max_name);
    if (target.empty() || target != view_of(artifact.target))
        return fmt::format("an approval has the impossible target \"{}\"", target);
    const auto algorithm = fit_to_show(view_of(artifact.algorithm), max_name);
    if (!base::is_known_algorithm(algorithm))
        return fmt::format("the digest of \"{}\" is of the unknown algorithm \"{}\"", target,
                           algorithm);
    // Both algorithms that exist give 32 bytes.
    if (artifact.digest == nullptr || artifact.digest_size != 32)
        return fmt::format("the digest of \"{}\" has {} bytes, not 32", target,
                           artifact.digest == nullptr ? 0 : artifact.digest_size);
    base::Digest digest{algorithm, {artifact.digest, artifact.digest + artifact.digest_size}};
    if (digest.all_zero()) {
        refused_ += (refused_.empty() ? "" : ", ") + target;
        return {};
    }
    if (verdict_.approved.size() == max_approvals)
        return fmt::format("it approves more than {} artifacts", max_approvals);
    if (!verdict_.approved.emplace(target, std::move(digest)).second)
        return fmt::format("\"{}\" is approved twice", target);
    return {};
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
